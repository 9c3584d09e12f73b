// SPDX-License-Identifier: Apache-2.0
// The order of a look is what makes its claims true: list first, then read, then (the ledger having
// been told) remove.
#include "probes/monitor/look.hpp"

#include "probes/domain/arrival.hpp"
#include "probes/domain/message.hpp"

#include <algorithm>

namespace mailprobed {
namespace {

std::string_view first_line(const std::optional<std::string>& body) {
    if (!body) return {};
    return std::string_view(*body).substr(0, body->find_first_of("\r\n"));
}

std::uint64_t digest_of(const MailHeaders& headers) {
    std::string all;
    for (const HeaderField& field : headers.fields()) {
        all += field.name;
        all += ':';
        all += field.value;
        all += '\n';
    }
    return entry_hash(all);
}

}  // namespace

Look::Look(Context& context, std::string_view mailbox, const Pop3Settings& settings,
           KnownEntries& known, std::function<Home(const Tag&)> home_of, bool bounces)
    : context_(context),
      mailbox_(mailbox),
      settings_(settings),
      known_(known),
      home_of_(std::move(home_of)),
      watches_bounces_(bounces) {}

Awaitable<void> Look::observe(Pop3Session& session) {
    co_await session.open();
    messages_ = co_await session.stat();
    known_.begin_listing();
    if (*messages_ > 0) {
        std::function<void(const ListedEntry&)> each = [this](const ListedEntry& line) {
            known_.listed(line.number, line.uidl, line.read_at);
        };
        co_await session.list(std::move(each));
    }
    std::vector<Entry> fresh = known_.end_listing();
    if (known_.overflowed()) shortfall_ = {Stage::list, Cause::mailbox_too_large};
    co_await read_headers(session, std::move(fresh));
    complete_ = !shortfall_;
    co_await read_bodies(session);
    co_await read_bounces(session);
}

Awaitable<void> Look::read_headers(Pop3Session& session, std::vector<Entry> fresh) {
    std::vector<std::uint32_t> numbers;
    std::vector<Entry> wanted;
    std::size_t budget = kHeaderBudget;
    std::size_t without_key = settings_.scan_limit;
    for (const Entry& entry : fresh) {
        if (entry.own) {
            own_.push_back({entry, *entry.own, BodyState::unread, std::nullopt, {}});
            continue;
        }
        if (budget == 0 || (entry.key == 0 && without_key == 0)) {
            shortfall_ = {Stage::list, Cause::mailbox_too_large};
            continue;
        }
        --budget;
        if (entry.key == 0) --without_key;
        numbers.push_back(entry.number);
        wanted.push_back(entry);
    }
    if (numbers.empty()) co_return;
    std::function<void(FetchedMessage&&)> each =
        [this, &wanted, next = std::size_t{0}](FetchedMessage&& message) mutable {
            // Answers come in the order asked for; a session that skips one must not shift the
            // others.
            while (next < wanted.size() && wanted[next].number != message.number)
                ++next;
            if (next >= wanted.size()) return;
            if (message.present) {
                classify_one(wanted[next], message);
            } else if (known_.newly_unreadable(wanted[next].key)) {
                shortfall_ = {Stage::top, Cause::protocol_error};
            }
        };
    co_await session.headers(numbers, std::move(each));
}

void Look::classify_one(const Entry& entry, const FetchedMessage& message) {
    const Arrival arrival = classify(message.headers, first_line(message.body), context_.codec);
    std::optional<TagReject> reject = arrival.reject;
    std::optional<Tag> own;
    const Home home = arrival.tag ? home_of_(*arrival.tag) : Home::foreign;
    if (home == Home::here) own = arrival.tag;
    if (home == Home::elsewhere) reject = TagReject::wrong_mailbox;
    if (!arrival.tag && watches_bounces_ && may_be_bounce(message.headers)) {
        // Its body decides what it is; what was read of it so far is no arrival in any case.
        if (message.body) {
            take_bounce(entry, message);
        } else {
            maybe_bounces_.push_back(entry);
        }
        return;
    }
    known_.classified(entry.key, own);
    if (reject && (entry.key != 0 || known_.first_time(digest_of(message.headers)))) {
        context_.needs.observer.tag_rejected(mailbox_, *reject);
    }
    if (!own) return;
    OwnMail mail{entry, *own, BodyState::unread, std::nullopt,
                 journey_of(message.headers, settings_.authserv_id)};
    if (message.body) mail.digest = body_digest(*message.body);
    own_.push_back(std::move(mail));
}

Awaitable<void> Look::read_bodies(Pop3Session& session) {
    for (OwnMail& mail : own_) {
        // A mail that an earlier look recognised has been judged by it.
        if (mail.digest || mail.entry.own) continue;
        const FetchedMessage message = co_await session.retrieve(mail.entry.number);
        if (message.present && message.body) mail.digest = body_digest(*message.body);
    }
}

Awaitable<void> Look::read_bounces(Pop3Session& session) {
    std::size_t budget = kBounceBudget;
    for (const Entry& entry : maybe_bounces_) {
        if (budget-- == 0) break;  // the rest is as unknown at the next look as it was at this one
        std::optional<Failure> failure;
        try {
            const FetchedMessage message = co_await session.retrieve(entry.number);
            if (message.present) take_bounce(entry, message);
        } catch (const Failure& error) {
            failure = error;
        }
        if (!failure) continue;
        const bool too_much =
            failure->cause() == Cause::too_big || failure->cause() == Cause::limit_exceeded;
        // No report is that large: reading it again would end the next look as well.
        if (too_much) known_.classified(entry.key, std::nullopt);
        throw *failure;
    }
}

void Look::take_bounce(const Entry& entry, const FetchedMessage& message) {
    BounceReading reading =
        read_bounce(message.headers, message.body.value_or(std::string()), context_.codec);
    if (reading.reject && (entry.key != 0 || known_.first_time(digest_of(message.headers)))) {
        context_.needs.observer.tag_rejected(mailbox_, *reading.reject);
    }
    if (!reading.bounce || home_of_(reading.bounce->tag) == Home::foreign) {
        known_.classified(entry.key, std::nullopt);
        return;
    }
    // Ours is read again by every look until one has removed it.
    bounces_.push_back({entry, std::move(*reading.bounce)});
}

std::vector<Found> Look::sightings() const {
    std::vector<Found> result;
    for (const OwnMail& mail : own_) {
        auto same = std::ranges::find_if(result, [&](const Found& found) {
            return found.sighting.mail == mail.tag.mail &&
                   found.sighting.attempt == mail.tag.attempt;
        });
        if (same == result.end()) {
            Found found;
            found.sighting.mail = mail.tag.mail;
            found.sighting.probe_id = mail.tag.probe;
            found.sighting.attempt = mail.tag.attempt;
            found.sighting.listed_at = mail.entry.listed_at;
            found.journey = mail.journey;
            result.push_back(std::move(found));
            same = result.end() - 1;
        }
        Sighting& sighting = same->sighting;
        sighting.listed_at = std::min(sighting.listed_at, mail.entry.listed_at);
        if (!sighting.digest) sighting.digest = mail.digest;
        sighting.entries.push_back(mail.entry.key);
    }
    return result;
}

Awaitable<bool> Look::clean_up(Pop3Session& session, bool remove) {
    std::vector<std::uint32_t> numbers;
    if (remove) {
        numbers.reserve(removable());
        for (const OwnMail& mail : own_)
            numbers.push_back(mail.entry.number);
        for (const FoundBounce& found : bounces_)
            numbers.push_back(found.entry.number);
    }
    if (!numbers.empty()) co_await session.remove(numbers);
    const bool confirmed = co_await session.quit();
    if (!confirmed || !remove) co_return confirmed;
    for (const OwnMail& mail : own_)
        known_.removed(mail.entry.key);
    for (const FoundBounce& found : bounces_)
        known_.removed(found.entry.key);
    for (const Found& found : sightings()) {
        const Sighting& sighting = found.sighting;
        context_.ledger.deleted(sighting.mail, sighting.attempt, sighting.entries);
        RemovedRecord record;
        record.mail = sighting.mail;
        record.attempt = sighting.attempt;
        record.copies =
            static_cast<std::uint8_t>(std::min<std::size_t>(255, sighting.entries.size()));
        record.entry = sighting.entries.front();
        context_.needs.journal.note(record);
    }
    co_return true;
}

}  // namespace mailprobed
