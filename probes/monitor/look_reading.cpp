// SPDX-License-Identifier: Apache-2.0
// Reading header sections, and what it tells where one cannot be read or ends the session.
#include "probes/monitor/look.hpp"
#include "probes/net/boot_clock.hpp"

#include <algorithm>
#include <utility>

namespace mailprobed {

Awaitable<bool> Look::read_and_classify(Pop3Session& session, const std::vector<Entry>& wanted,
                                        Instant until) {
    std::span<const Entry> rest(wanted);
    const std::size_t most = known_.careful() ? 1 : kProofEvery;
    while (!rest.empty() && BootClock::now() < until) {
        const std::span<const Entry> some = rest.first(std::min(most, rest.size()));
        rest = rest.subspan(some.size());
        const Take take = [this, some](std::size_t place, const FetchedMessage& message) {
            classify_one(some[place], message);
        };
        std::optional<Failure> failure;
        try {
            co_await read_each(session, some, known_.careful() ? Pace::single : Pace::batches,
                               take);
            if (!rest.empty() || known_.careful()) {
                const bool in_step = co_await session.verify_step();
                if (in_step) commit();
            }
        } catch (const Failure& error) {
            failure = error;
        }
        if (!failure) continue;
        // Read by itself, it is the one whose text was taken for an answer.
        if (session.out_of_step() && known_.careful()) {
            known_.broke_session(some.front(), Blame::surely);
        }
        throw *failure;
    }
    co_return rest.empty();
}

Awaitable<void> Look::read_each(Pop3Session& session, std::span<const Entry> wanted, Pace pace,
                                Take take) {
    std::vector<std::uint32_t> numbers;
    numbers.reserve(wanted.size());
    for (const Entry& entry : wanted)
        numbers.push_back(entry.number);
    if (numbers.empty()) co_return;
    std::size_t next = 0;
    std::vector<std::size_t> refused;
    std::function<void(FetchedMessage&&)> each = [&](FetchedMessage&& message) {
        // Answers come in the order asked for; a session that skips one must not shift the
        // others.
        while (next < wanted.size() && wanted[next].number != message.number)
            ++next;
        if (next >= wanted.size()) return;
        const std::size_t place = next++;
        if (message.present) {
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
    co_await read_refused(session, wanted, refused, take);
}

Awaitable<void> Look::read_refused(Pop3Session& session, std::span<const Entry> wanted,
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
            session.distrust_top();
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
