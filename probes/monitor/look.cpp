// SPDX-License-Identifier: Apache-2.0
// The order of a look is what makes its claims true: list first, then read, then (the ledger having
// been told) remove.
#include "probes/monitor/look.hpp"

#include "probes/domain/arrival.hpp"
#include "probes/domain/message.hpp"
#include "probes/net/boot_clock.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace mailprobed {
namespace {

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

Look::Look(Context& context, LookedInto mailbox, const Pop3Settings& settings, KnownEntries& known)
    : context_(context), mailbox_(std::move(mailbox)), settings_(settings), known_(known) {}

Awaitable<void> Look::observe(Pop3Session& session) {
    co_await session.open();
    messages_ = co_await session.stat();
    known_.begin_listing();
    if (*messages_ > 0) co_await list(session);
    std::vector<Entry> fresh = known_.end_listing();
    if (known_.overflowed()) shortfall_ = {Stage::list, Cause::mailbox_too_large};
    co_await read_headers(session, std::move(fresh));
    const std::optional<Instant> blind = known_.blind_until();
    if (!shortfall_ && blind && context_.ledger.expects(mailbox_.index, *blind)) {
        shortfall_ = {Stage::top, Cause::protocol_error};
    }
    complete_ = !shortfall_;
    co_await read_bodies(session);
    co_await read_bounces(session);
}

Awaitable<void> Look::list(Pop3Session& session) {
    std::uint32_t lines = 0;
    std::function<void(const ListedEntry&)> each = [this, &lines](const ListedEntry& line) {
        known_.listed(line.number, line.uidl, line.read_at);
        ++lines;
    };
    co_await session.list(std::move(each));
    // A server whose storage fails in the middle may end the listing as if it were whole.
    if (lines < *messages_) shortfall_ = {Stage::list, Cause::protocol_error};
}

Awaitable<void> Look::read_each(Pop3Session& session, const std::vector<Entry>& wanted,
                                std::function<void(std::size_t, const FetchedMessage&)> take) {
    std::vector<std::uint32_t> numbers;
    numbers.reserve(wanted.size());
    for (const Entry& entry : wanted)
        numbers.push_back(entry.number);
    if (numbers.empty()) co_return;
    std::size_t next = 0;
    std::function<void(FetchedMessage&&)> each = [&](FetchedMessage&& message) {
        // Answers come in the order asked for; a session that skips one must not shift the
        // others.
        while (next < wanted.size() && wanted[next].number != message.number)
            ++next;
        if (next >= wanted.size()) return;
        const std::size_t place = next++;
        if (message.present) {
            take(place, message);
        } else {
            known_.unreadable(wanted[place]);
        }
    };
    try {
        co_await session.headers(numbers, std::move(each));
    } catch (const Failure& error) {
        // What was given up for its size is known already.
        if (next < wanted.size() && error.cause() != Cause::limit_exceeded) {
            known_.broke_session(wanted[next]);
        }
        throw;
    }
}

Awaitable<void> Look::read_headers(Pop3Session& session, std::vector<Entry> fresh) {
    std::vector<Entry> wanted;
    std::size_t budget = kHeaderBudget;
    std::size_t without_key = settings_.scan_limit;
    for (const Entry& entry : fresh) {
        if (entry.own) {
            own_.push_back({entry, *entry.own, BodyState::unread, std::nullopt, {}});
            continue;
        }
        if (known_.skips(entry)) continue;
        if (budget == 0 || (entry.key == 0 && without_key == 0)) {
            shortfall_ = {Stage::list, Cause::mailbox_too_large};
            continue;
        }
        --budget;
        if (entry.key == 0) --without_key;
        wanted.push_back(entry);
    }
    std::function<void(std::size_t, const FetchedMessage&)> take =
        [this, &wanted](std::size_t place, const FetchedMessage& message) {
            classify_one(wanted[place], message);
        };
    co_await read_each(session, wanted, std::move(take));
}

bool Look::is_whole(const FetchedMessage& message) {
    // A server that cannot read its own storage may send nothing or a part, and call it the mail.
    return message.cut || (message.header_ended && !message.headers.fields().empty());
}

void Look::classify_one(const Entry& entry, const FetchedMessage& message) {
    const Arrival arrival = classify(message.headers, message.first_line, context_.codec);
    if (!arrival.tag && !is_whole(message)) {
        known_.unreadable(entry);
        return;
    }
    std::optional<TagReject> reject = arrival.reject;
    std::optional<Tag> own;
    const Home home = arrival.tag ? mailbox_.home_of(*arrival.tag) : Home::foreign;
    if (home == Home::here) own = arrival.tag;
    if (home == Home::elsewhere) reject = TagReject::wrong_mailbox;
    if (home == Home::other_daemon) reject = TagReject::other_daemon;
    if (!arrival.tag && mailbox_.bounces && may_be_bounce(message.headers)) {
        // Its body decides what it is; what was read of it so far is no arrival in any case.
        if (message.body) {
            take_bounce(entry, message);
        } else {
            maybe_bounces_.push_back(entry);
        }
        return;
    }
    if (arrival.reject == TagReject::unknown_key || arrival.reject == TagReject::forged ||
        home == Home::other_daemon) {
        known_.classified_by_these_keys(entry.key);
    } else {
        known_.classified(entry.key, own);
    }
    if (reject && (entry.key != 0 || known_.first_time(digest_of(message.headers)))) {
        context_.needs.observer.tag_rejected(mailbox_.name, *reject);
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
        if (!too_much) known_.broke_session(entry);
        if (too_much || known_.breaks(entry.key) >= kBounceTries) {
            known_.classified(entry.key, std::nullopt);
        }
        throw *failure;
    }
}

void Look::take_bounce(const Entry& entry, const FetchedMessage& message) {
    BounceReading reading =
        read_bounce(message.headers, message.body.value_or(std::string()), context_.codec);
    if (reading.reject && (entry.key != 0 || known_.first_time(digest_of(message.headers)))) {
        context_.needs.observer.tag_rejected(mailbox_.name, *reading.reject);
    }
    const Home home = reading.bounce ? mailbox_.home_of(reading.bounce->tag) : Home::foreign;
    if (home == Home::foreign || home == Home::other_daemon) {
        known_.classified(entry.key, std::nullopt);
        return;
    }
    // Ours is read again by every look until one has removed it.
    bounces_.push_back({entry, std::move(*reading.bounce)});
}

std::vector<Found> Look::sightings_of(const std::vector<OwnMail>& mails) {
    std::vector<Found> result;
    std::map<std::pair<MailId, std::uint8_t>, std::size_t> place_of;
    for (const OwnMail& mail : mails) {
        const auto [place, first] =
            place_of.try_emplace({mail.tag.mail, mail.tag.attempt}, result.size());
        if (first) {
            Found found;
            found.sighting.mail = mail.tag.mail;
            found.sighting.probe_id = mail.tag.probe;
            found.sighting.attempt = mail.tag.attempt;
            found.sighting.listed_at = mail.entry.listed_at;
            found.journey = mail.journey;
            result.push_back(std::move(found));
        }
        Sighting& sighting = result[place->second].sighting;
        sighting.listed_at = std::min(sighting.listed_at, mail.entry.listed_at);
        if (!sighting.digest) sighting.digest = mail.digest;
        sighting.entries.push_back(mail.entry.key);
    }
    return result;
}

Awaitable<bool> Look::clean_up(Pop3Session& session, bool safe, Instant give_up) {
    std::vector<std::uint32_t> marked;
    if (safe && settings_.remove_own) marked = co_await remove(session, give_up);
    const bool confirmed = co_await session.quit();
    if (safe && !settings_.remove_own) leave_all();
    if (confirmed) note_removed(marked);
    co_return confirmed;
}

Awaitable<std::vector<std::uint32_t>> Look::remove(Pop3Session& session, Instant give_up) {
    const Instant began = BootClock::now();
    const Instant until = began + std::max((give_up - began) / 2, Duration::zero());
    std::vector<std::uint32_t> numbers = co_await removable(session);
    Removal removal = co_await session.remove(numbers, until);
    refusal_ = std::move(removal.refused);
    co_return std::move(removal.marked);
}

Awaitable<std::vector<std::uint32_t>> Look::removable(Pop3Session& session) {
    std::vector<std::uint32_t> numbers;
    std::vector<Entry> doubtful;
    for (const OwnMail& mail : own_) {
        if (numbers.size() + doubtful.size() >= kRemovalBudget) break;
        if (!mail.entry.own) {
            numbers.push_back(mail.entry.number);
        } else if (!known_.skips(mail.entry)) {
            doubtful.push_back(mail.entry);
        }
    }
    for (const FoundBounce& found : bounces_)
        numbers.push_back(found.entry.number);
    // What an earlier look read under this id may be gone, and the id a stranger's now.
    std::function<void(std::size_t, const FetchedMessage&)> take =
        [&](std::size_t place, const FetchedMessage& message) {
            const Entry& entry = doubtful[place];
            const Arrival arrival = classify(message.headers, message.first_line, context_.codec);
            if (arrival.tag == entry.own) {
                numbers.push_back(entry.number);
            } else if (is_whole(message)) {
                known_.removed(entry.key);
            }
        };
    co_await read_each(session, doubtful, std::move(take));
    co_return numbers;
}

void Look::note_removed(const std::vector<std::uint32_t>& numbers) {
    const std::set<std::uint32_t> gone(numbers.begin(), numbers.end());
    std::vector<OwnMail> mails;
    for (const OwnMail& mail : own_) {
        if (!gone.contains(mail.entry.number)) continue;
        known_.removed(mail.entry.key);
        mails.push_back(mail);
    }
    for (const FoundBounce& found : bounces_) {
        if (gone.contains(found.entry.number)) known_.removed(found.entry.key);
    }
    removed_ = static_cast<std::uint32_t>(gone.size());
    put_away(mails);
}

void Look::leave_all() {
    // Their verdicts are kept: from now on they are as good as strangers.
    for (const OwnMail& mail : own_)
        known_.classified(mail.entry.key, std::nullopt);
    for (const FoundBounce& found : bounces_)
        known_.classified(found.entry.key, std::nullopt);
    std::erase_if(own_, [](const OwnMail& mail) { return mail.entry.key == 0; });
    put_away(own_);
}

void Look::put_away(const std::vector<OwnMail>& mails) {
    for (const Found& found : sightings_of(mails)) {
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
}

}  // namespace mailprobed
