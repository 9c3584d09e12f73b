// SPDX-License-Identifier: Apache-2.0
// The end of a look: what is removed, and what is remembered.
#include "probes/monitor/look.hpp"
#include "probes/net/boot_clock.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

namespace mailprobed {

Awaitable<void> Look::prove(MailboxSession& session, bool safe, Instant give_up) {
    const Instant began = BootClock::now();
    remove_until_ = began + std::max((give_up - began) / 2, Duration::zero());
    if (safe && settings_.remove_own) removable_ = co_await removable(session, remove_until_);
    const bool proven = co_await session.verify_step();
    if (proven) settle();
}

Awaitable<bool> Look::clean_up(MailboxSession& session, bool safe) {
    std::vector<std::uint32_t> marked;
    if (safe && in_step_ && !removable_.empty()) {
        try {
            Removal removal = co_await session.remove(removable_, remove_until_);
            refusal_ = std::move(removal.refused);
            marked = std::move(removal.marked);
        } catch (const Failure&) {
            if (session.out_of_step()) in_step_ = false;
            throw;
        }
    }
    const bool proven = in_step_;
    const Farewell farewell = co_await session.close();
    if (farewell.in_step) settle();
    if (farewell.confirmed && !in_step_) {
        fall_short({Stage::quit, Cause::protocol_error},
                   "the server repeats no line of its listing (UIDL n, LIST n) and answers QUIT "
                   "with more than a line: nothing shows that its answers belonged to what was "
                   "asked");
    }
    if (!proven && !removable_.empty()) {
        refusal_ = Failure(Stage::remove, Cause::protocol_error,
                           "the server repeats no line of its listing (UIDL n, LIST n), without "
                           "which nothing may be removed: our mails stay in the mailbox");
    }
    if (farewell.confirmed) note_removed(marked);
    co_return farewell.confirmed;
}

void Look::settle() {
    commit();
    // Only now is it known which entries were read.
    const std::optional<Instant> blind = known_.hidden_until();
    if (blind && target_.ledger.expects(target_.index, *blind)) {
        std::string words =
            "a message is listed but cannot be read; a mail that was sent before it was first "
            "listed may be that one";
        if (!refused_reading_.empty()) words += " (" + refused_reading_ + ")";
        fall_short({Stage::headers, Cause::protocol_error}, std::move(words));
    }
    const std::optional<Instant> since = doubts_since();
    proven_until_ = since ? known_.proven_until(*since) : snapshot_;
    known_.prove_less_often();
    seen_until_ = known_.ids().broken(snapshot_) ? proven_until_ : snapshot_;
    in_step_ = true;
}

Awaitable<std::vector<std::uint32_t>> Look::removable(MailboxSession& session, Instant until) {
    std::vector<std::uint32_t> numbers;
    for (const FoundBounce& found : bounces_) {
        if (found.bounce.about_us_alone && numbers.size() < kRemovalBudget) {
            numbers.push_back(found.entry.number);
        }
    }
    for (OwnMail& mail : own_) {
        if (numbers.size() >= kRemovalBudget || BootClock::now() >= until) break;
        // What an earlier look read under this id may be gone, and the id a stranger's now; and an
        // answer among others may have been somebody else's.
        if (!mail.proven && mail.read && !mail.digest) {
            const Take take = [this, &mail](std::size_t, const FetchedMessage& message) {
                mail.proven = own_mark(message.headers, target_.codec) == mail.tag;
            };
            co_await read_each(session, std::span(&mail.entry, 1), Pace::single, take);
        }
        if (mail.proven) numbers.push_back(mail.entry.number);
    }
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

void Look::leave_others() {
    // Their verdicts are kept: from now on they are as good as strangers.
    std::vector<OwnMail> staying;
    for (const OwnMail& mail : own_) {
        const bool without_mark = mail.digest && !mail.proven;
        if (settings_.remove_own && !without_mark) continue;
        known_.classified(mail.entry, EntryKind::left, mail.tag.mail);
        if (mail.entry.key != 0) staying.push_back(mail);
    }
    for (const FoundBounce& found : bounces_) {
        if (settings_.remove_own) break;
        known_.classified(found.entry, EntryKind::report, found.bounce.tag.mail);
    }
    put_away(staying);
}

void Look::put_away(const std::vector<OwnMail>& mails) {
    for (Found& found : sightings_of(mails))
        put_away_.push_back(std::move(found.sighting));
}

}  // namespace mailprobed
