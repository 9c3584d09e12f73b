// SPDX-License-Identifier: Apache-2.0
// Reading header sections, and what it tells where one cannot be read or ends the session.
#include "probes/monitor/look.hpp"
#include "probes/net/boot_clock.hpp"

#include <algorithm>
#include <utility>

namespace mailprobed {

Awaitable<bool> Look::read_and_classify(MailboxSession& session, const std::vector<Entry>& wanted,
                                        Instant until) {
    std::span<const Entry> rest(wanted);
    const std::size_t most = known_.careful() ? 1 : known_.proof_every();
    const auto is_unreadable = [](const Entry& entry) {
        return entry.state == EntryState::unreadable;
    };
    while (!rest.empty() && BootClock::now() < until) {
        std::span<const Entry> some = rest.first(std::min(most, rest.size()));
        // A refusal in a batch has all of it read again; those that are refused most times stand by
        // themselves.
        const bool alone = known_.careful() || is_unreadable(some.front());
        const auto other = std::ranges::find_if(some, [&](const Entry& entry) {
            return is_unreadable(entry) != is_unreadable(some.front());
        });
        some = some.first(static_cast<std::size_t>(other - some.begin()));
        rest = rest.subspan(some.size());
        const Take take = [this, some](std::size_t place, const FetchedMessage& message) {
            classify_one(some[place], message);
        };
        std::optional<Failure> failure;
        try {
            co_await read_each(session, some, alone ? Pace::single : Pace::batches, take);
            if (!rest.empty() || known_.careful()) {
                const bool in_step = co_await session.verify_step();
                if (in_step) commit();
            }
        } catch (const Failure& error) {
            failure = error;
        }
        if (!failure) continue;
        known_.prove_more_often();
        // Read by itself, it is the one whose text was taken for an answer.
        if (session.out_of_step() && known_.careful()) {
            known_.broke_session(some.front(), Blame::surely);
        }
        throw *failure;
    }
    co_return rest.empty();
}

Awaitable<void> Look::read_each(MailboxSession& session, std::span<const Entry> wanted, Pace pace,
                                Take take) {
    std::vector<std::uint32_t> numbers;
    numbers.reserve(wanted.size());
    for (const Entry& entry : wanted)
        numbers.push_back(entry.number);
    if (numbers.empty()) co_return;
    std::size_t next = 0;
    std::vector<std::size_t> refused;
    const Taken before = taken();
    std::function<void(FetchedMessage&&)> each = [&](FetchedMessage&& message) {
        // Answers come in the order asked for; a session that skips one must not shift the
        // others.
        while (next < wanted.size() && wanted[next].number != message.number)
            ++next;
        if (next >= wanted.size()) return;
        const std::size_t place = next++;
        // Some servers show so many lines of the mail, whatever they are: RETR shows all.
        const bool by_top = !message.body && !message.cut;
        if (message.present && by_top && !is_whole(message)) {
            refused.push_back(place);
        } else if (message.present) {
            take(place, message);
        } else if (message.refusal.starts_with("TOP")) {
            refused.push_back(place);
        } else {
            cannot_read(wanted[place], message);
        }
    };
    try {
        co_await session.headers(numbers, pace, std::move(each));
    } catch (const Failure& error) {
        // What was given up for its size is known already.
        const bool blamed = error.cause() != Cause::limit_exceeded && !session.out_of_step();
        if (next < wanted.size() && blamed) known_.broke_session(wanted[next]);
        throw;
    }
    if (!refused.empty() && pace == Pace::batches && wanted.size() > 1) {
        // Where answers come in another order than the questions, it was another one that was
        // refused, and one of these hides behind it.
        undo(before);
        const std::size_t shown = own_.size();
        std::optional<Failure> failure;
        try {
            co_await read_each(session, wanted, Pace::single, take);
        } catch (const Failure& error) {
            failure = error;
        }
        settle_shown(before.own, shown, failure.has_value());
        if (failure) throw *failure;
        co_return;
    }
    co_await read_refused(session, wanted, refused, take);
}

void Look::settle_shown(std::size_t first, std::size_t last, bool ended) {
    const auto begin = own_.begin() + static_cast<std::ptrdiff_t>(first);
    const auto end = own_.begin() + static_cast<std::ptrdiff_t>(last);
    const auto gone = std::remove_if(begin, end, [&](const OwnMail& mail) {
        return !ended || std::any_of(end, own_.end(),
                                     [&](const OwnMail& again) { return again.tag == mail.tag; });
    });
    own_.erase(gone, end);
}

Look::Taken Look::taken() const noexcept {
    return {readings_.size(),      own_.size(),     open_.size(),
            maybe_bounces_.size(), bounces_.size(), came_again_};
}

void Look::undo(const Taken& before) {
    readings_.resize(before.readings);
    open_.resize(before.open);
    maybe_bounces_.resize(before.maybe_bounces);
    bounces_.erase(bounces_.begin() + static_cast<std::ptrdiff_t>(before.bounces), bounces_.end());
    came_again_ = before.came_again;
}

Awaitable<void> Look::read_refused(MailboxSession& session, std::span<const Entry> wanted,
                                   const std::vector<std::size_t>& refused, const Take& take) {
    for (const std::size_t place : refused) {
        FetchedMessage message;
        try {
            message = co_await session.retrieve(wanted[place].number, false);
        } catch (const Failure&) {
            if (!session.out_of_step()) known_.broke_session(wanted[place]);
            throw;
        }
        if (message.present) {
            // What RETR does not show either says nothing of TOP.
            if (is_whole(message)) session.distrust_headers();
            take(place, message);
        } else {
            cannot_read(wanted[place], message);
        }
    }
}

void Look::cannot_read(const Entry& entry, const FetchedMessage& message) {
    known_.unreadable(entry);
    if (refused_reading_.empty()) refused_reading_ = message.refusal;
}

bool Look::is_whole(const FetchedMessage& message) {
    // A server that cannot read its own storage may send nothing or a part, and call it the mail.
    return message.header_ended && !message.headers.fields().empty();
}

}  // namespace mailprobed
