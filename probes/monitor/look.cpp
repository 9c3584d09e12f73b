// SPDX-License-Identifier: Apache-2.0
// The order of a look is what makes its claims true: list first, then read, then (the ledger having
// been told) remove; and nothing is called absent before the dialogue is known to be in step.
#include "probes/monitor/look.hpp"

#include "probes/net/boot_clock.hpp"

#include <algorithm>
#include <map>
#include <span>
#include <string>
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

std::size_t size_of(const MailHeaders& headers) {
    std::size_t octets = 0;
    for (const HeaderField& field : headers.fields())
        octets += field.name.size() + field.value.size();
    return octets;
}

}  // namespace

Look::Look(LookTarget target, const MailboxSettings& settings, SeenEntries& known)
    : target_(std::move(target)), settings_(settings), known_(known), share_(target_.memory) {}

Look::~Look() {
    known_.end_look();
}

void Look::fall_short(StageCause why, std::string detail) {
    if (shortfall_) return;
    shortfall_ = why;
    detail_ = std::move(detail);
}

Awaitable<void> Look::observe(MailboxSession& session) {
    co_await session.open();
    snapshot_ = session.connect_at().value_or(BootClock::now());
    due_ = target_.ledger.latest_due(target_.index, snapshot_);
    messages_ = co_await session.count();
    known_.begin_listing(snapshot_, share_);
    const bool whole = co_await list(session);
    const std::vector<Entry> listed = known_.end_listing(whole);
    if (doubts_since() && session.has_ids()) known_.size_unreadable();
    if (known_.overflowed()) {
        fall_short({Stage::list, Cause::mailbox_too_large},
                   "more messages than one look reads; empty the mailbox or use one for probes");
    }
    co_await read_new(session, listed);
    co_await read_doubtful(session);
    co_await read_open(session);
    co_await read_bodies(session);
    co_await read_bounces(session);
}

Awaitable<bool> Look::list(MailboxSession& session) {
    // STAT is not believed when it says that nothing is there: some servers count what is new.
    std::uint32_t lines = 0;
    std::uint32_t highest = 0;
    std::uint32_t numbers = 0;
    std::vector<bool> given(SeenEntries::kMaxEntries + 1);
    std::function<void(const ListedEntry&)> each = [&](const ListedEntry& line) {
        known_.listed(line.number, line.id, line.read_at);
        highest = std::max(highest, line.number);
        ++lines;
        if (line.number >= given.size() || given[line.number]) return;
        given[line.number] = true;
        ++numbers;
    };
    co_await session.list(std::move(each));
    if (doubts_since() && session.has_ids()) {
        std::function<void(const ListedEntry&)> size = [this](const ListedEntry& line) {
            known_.sized(line.number, line.size);
        };
        co_await session.sizes(std::move(size));
    }
    mind_window(lines);
    // A server whose storage fails in the middle may end the listing as if it were whole; numbers
    // begin at 1 and leave none out (RFC 1939 5).
    const std::size_t most = std::max<std::size_t>(*messages_, known_.sizes_listed());
    if (numbers == lines && numbers >= most && numbers >= highest) co_return true;
    if (known_.overflowed()) co_return false;  // told as that
    const bool fewer = numbers < most && lines == numbers;
    fall_short({Stage::list, Cause::protocol_error},
               !fewer ? "the server leaves numbers out of its listing, or gives one twice"
               : *messages_ == most ? "the server lists fewer messages than it counts (STAT)"
                                    : "the server lists fewer messages by UIDL than by LIST");
    co_return false;
}

void Look::mind_window(std::size_t listed) {
    const ListWindow& window = settings_.window;
    const std::string key = std::string(to_string(settings_.protocol)) + ".window";
    if (window.oldest != 0 && listed >= window.oldest) {
        fall_short({Stage::list, Cause::mailbox_too_large},
                   "the server lists only the oldest " + std::to_string(window.oldest) +
                       " messages (" + key +
                       "), and so many are listed: a newer one may be "
                       "missing; empty the mailbox");
    }
    if (window.age > Duration::zero() && target_.ledger.longest_wait(target_.index) >= window.age) {
        fall_short({Stage::list, Cause::mailbox_too_large},
                   "the server lists no message that is as old as deadline and grace of a mail "
                   "(" +
                       key + ")");
    }
}

Awaitable<void> Look::read_new(MailboxSession& session, const std::vector<Entry>& listed) {
    std::vector<Entry> wanted;
    std::size_t fresh = kHeaderBudget;
    std::size_t retries = kRetryBudget;
    std::size_t ours = kRemovalBudget;
    std::size_t without_key = settings_.scan_limit;
    for (const Entry& entry : listed) {
        std::size_t& budget = entry.state == EntryState::fresh        ? fresh
                              : entry.state == EntryState::unreadable ? retries
                                                                      : ours;
        if (known_.trouble().take_skip(entry.key)) {
            left_out_ = left_out_ || entry.state == EntryState::ours;
            continue;
        }
        const bool too_many = budget == 0 || (entry.key == 0 && without_key == 0);
        // Those that could not be read are known as such; ours wait for their removal.
        if (too_many && entry.state == EntryState::fresh) {
            fall_short(
                {Stage::list, Cause::mailbox_too_large},
                "more new messages than one look reads; empty the mailbox or use one for probes");
        }
        if (too_many) continue;
        --budget;
        if (entry.key == 0) --without_key;
        wanted.push_back(entry);
    }
    // One by one takes long: what is read in time is removed, so that the next look has less.
    const bool one_by_one = known_.careful();
    const Instant until =
        one_by_one ? BootClock::now() + settings_.timeouts.total / 2 : Instant::max();
    const bool read_all = co_await read_and_classify(session, wanted, until);
    if (!read_all) {
        fall_short({Stage::list, Cause::mailbox_too_large},
                   "more messages than one look reads one by one, as it must after answers that "
                   "belonged to nothing asked; the next look reads the rest");
    }
}

std::optional<Instant> Look::doubts_since() const {
    // Where ids are known to be used again they are no better than none, and read as often.
    return known_.ids().broken(snapshot_) ? snapshot_ : due_;
}

Awaitable<void> Look::read_doubtful(MailboxSession& session) {
    const std::optional<Instant> since = doubts_since();
    if (!since) co_return;
    std::vector<Entry> wanted = known_.doubtful(*since);
    const std::size_t budget = due_ ? kDoubtBudget : settings_.scan_limit;
    if (wanted.size() > budget) wanted.resize(budget);
    const Instant until = BootClock::now() + settings_.timeouts.total / 2;
    (void)co_await read_and_classify(session, wanted, until);
}

void Look::note(const Entry& entry, EntryKind kind, std::optional<TagReject> reject,
                const MailHeaders* headers) {
    Reading reading{entry, kind, 0, false, reject, 0};
    // Told once, not each time that the entry is read again.
    if (entry.state == EntryState::doubtful && !entry.resized) reading.reject.reset();
    const bool by_these_keys = reading.reject == TagReject::unknown_key ||
                               reading.reject == TagReject::forged ||
                               reading.reject == TagReject::other_daemon;
    if (by_these_keys) {
        reading.kind = EntryKind::stranger_by_these_keys;
    }
    if (headers != nullptr && reading.reject && entry.key == 0) {
        reading.digest = digest_of(*headers);
    }
    readings_.push_back(std::move(reading));
}

void Look::commit() {
    for (const Reading& reading : std::exchange(readings_, {})) {
        known_.classified(reading.entry, reading.kind, reading.mail, reading.removed_before);
        if (!reading.reject) continue;
        if (reading.entry.key != 0 || known_.first_time(reading.digest)) {
            rejected_.push_back(*reading.reject);
        }
    }
}

void Look::classify_one(const Entry& entry, const FetchedMessage& message) {
    known_.holds(entry, size_of(message.headers));
    const HeaderReading reading =
        read_header(message.headers, message.first_line, target_.codec, target_.route_of);
    if (reading.says == HeaderSays::arrival && reading.tag) {
        take_arrival(entry, *reading.tag, message);
        return;
    }
    // Nobody can read it to its end: it ends this session, and need not end the next one.
    if (message.cut) {
        known_.classified(entry, EntryKind::too_large);
        return;
    }
    if (!is_whole(message)) {
        known_.unreadable(entry);
        return;
    }
    const bool reads_report = reading.says == HeaderSays::maybe_report && target_.bounces;
    if (reading.says == HeaderSays::needs_body) {
        if (message.body) {
            classify_whole(entry, message);
        } else {
            open_.push_back(entry);
        }
    } else if (reads_report && message.body) {
        take_bounce(entry, message);
    } else if (reads_report) {
        maybe_bounces_.push_back(entry);
    } else {
        note(entry, EntryKind::stranger, reading.reject, &message.headers);
    }
}

void Look::classify_whole(const Entry& entry, const FetchedMessage& message) {
    const std::string& body = message.body.value();
    const MailReading reading = read_mail(message.headers, body, target_.codec, target_.route_of);
    if (reading.arrival) {
        take_arrival(entry, *reading.arrival, message);
    } else if (reading.maybe_report && target_.bounces) {
        take_bounce(entry, message);
    } else {
        note(entry, EntryKind::stranger, reading.reject, &message.headers);
    }
}

void Look::take_arrival(const Entry& entry, const Tag& tag, const FetchedMessage& message) {
    const TagOwner home = target_.home_of(tag);
    if (home != TagOwner::here) {
        std::optional<TagReject> reject;
        const std::optional<RouteFacts> facts = target_.route_of(tag);
        const bool filed = facts && facts->sender_mailbox && is_filed_copy(message.headers);
        if (home == TagOwner::elsewhere && !filed) reject = TagReject::wrong_mailbox;
        if (home == TagOwner::other_daemon) reject = TagReject::other_daemon;
        note(entry, EntryKind::stranger, reject, &message.headers);
        return;
    }
    // A removal that did not hold; one by an earlier run is known by the ledger alone.
    const bool again = target_.ledger.removed_under(tag.mail, tag.attempt, entry.key);
    const bool pending = target_.ledger.mailbox_of(tag.mail).has_value();
    const bool was_left = entry.state == EntryState::doubtful && !pending;
    readings_.push_back({entry, again || was_left ? EntryKind::left : EntryKind::ours, tag.mail,
                         again, std::nullopt, 0});
    if (again && entry.state != EntryState::doubtful) ++came_again_;
    if (again || was_left) return;
    OwnMail mail{entry,        tag,
                 std::nullopt, delivery_path_of(message.headers, settings_.authserv_id),
                 false,        entry.state == EntryState::ours && !pending};
    if (message.body) take_body(mail, message);
    if (known_.careful()) mail.proven = own_mark(message.headers, target_.codec) == tag;
    own_.push_back(std::move(mail));
}

void Look::take_body(OwnMail& mail, const FetchedMessage& message) {
    mail.read = true;
    mail.proven = own_mark(message.headers, target_.codec) == mail.tag;
    mail.digest = decoded_body_digest(message.headers, message.body.value());
}

Awaitable<void> Look::read_open(MailboxSession& session) {
    std::size_t budget = kBodyBudget;
    for (const Entry& entry : std::exchange(open_, {})) {
        if (budget-- == 0) {
            fall_short({Stage::list, Cause::mailbox_too_large},
                       "more messages than one look reads whole that may be ours");
            co_return;
        }
        FetchedMessage message;
        try {
            message = co_await session.retrieve(entry.number);
        } catch (const Failure&) {
            if (!session.out_of_step()) known_.broke_session(entry);
            throw;
        }
        if (message.present && message.body) {
            classify_whole(entry, message);
        } else {
            cannot_read(entry, message);
        }
    }
}

Awaitable<void> Look::read_bodies(MailboxSession& session) {
    for (OwnMail& mail : own_) {
        // A mail that an earlier look recognised has been judged by it.
        if (mail.read) continue;
        FetchedMessage message;
        try {
            message = co_await session.retrieve(mail.entry.number);
        } catch (const Failure&) {
            // Presence is told all the same: the next look removes it without reading it whole.
            known_.classified(mail.entry, EntryKind::ours, mail.tag.mail);
            throw;
        }
        if (!message.present || !message.body) continue;
        const MailReading reading =
            read_mail(message.headers, *message.body, target_.codec, target_.route_of);
        const bool same =
            own_mark(message.headers, target_.codec) == mail.tag || reading.arrival == mail.tag;
        if (!same) {
            // Its header was somebody's answer to another question: nothing may be removed here,
            // and which entry shows which mail is open.
            known_.be_careful(true);
            misplaced_ = true;
            throw Failure(Stage::body, Cause::protocol_error,
                          "RETR shows another message than TOP did");
        }
        take_body(mail, message);
    }
}

std::vector<Found> Look::sightings() const {
    std::vector<Found> result = sightings_of(own_);
    if (!misplaced_) return result;
    for (Found& found : result)
        found.sighting.entries.clear();
    return result;
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
            found.delivery_path = mail.delivery_path;
            result.push_back(std::move(found));
        }
        Sighting& sighting = result[place->second].sighting;
        sighting.listed_at = std::min(sighting.listed_at, mail.entry.listed_at);
        if (!sighting.digest) sighting.digest = mail.digest;
        if (mail.entry.state == EntryState::doubtful) sighting.hidden = true;
        sighting.entries.push_back(mail.entry.key);
    }
    return result;
}

}  // namespace mailprobed
