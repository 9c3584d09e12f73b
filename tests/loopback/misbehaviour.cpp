// SPDX-License-Identifier: Apache-2.0
// What each fault does to a step of a session.
#include "tests/loopback/session.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace mailprobed::loopback {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kGarbage = 64;
constexpr std::uint64_t kEndless = std::uint64_t{64} << 20U;
constexpr std::size_t kEndlessPiece = 16384;
constexpr std::size_t kSplitPiece = 3;

std::string reason(const Fault& fault) {
    return "fault " + fault.name;
}

}  // namespace

// The step with whatever rules strike: delays add up, anything else is the last.
Task<void> Session::take(Step step) {
    std::uint64_t after = 0;
    while (!over()) {
        const Situation situation{id_.protocol, step, id_.peer, username_, sender_, &recipients_};
        const auto struck = shared_.faults.strike(situation, shared_.dice, after);
        if (!struck.fault) {
            perform(step, nullptr);
            co_return;
        }
        if (shared_.log.wants(EventKind::fault)) {
            auto told = event(EventKind::fault);
            told.text = struck.fault->name;
            told.detail = std::string(name(step)) + ' ';
            told.detail += name(struck.fault->action);
            shared_.log.record(std::move(told));
        }
        // Replies to earlier commands are none of this fault's business.
        const bool flushed = co_await flush();
        if (!flushed) co_return;
        if (struck.fault->action != Action::delay) {
            co_await misbehave(step, *struck.fault);
            co_return;
        }
        after = struck.number;
        co_await connection_.wait(struck.fault->duration);
    }
}

Task<void> Session::misbehave(Step step, const Fault& fault) {
    // What a server says in a handshake answers the client's first words; sooner it is injected.
    const bool answers = fault.action == Action::alert || fault.action == Action::drip;
    if (step == Step::tls && answers) co_await connection_.fill();
    switch (fault.action) {
        case Action::delay:
            break;
        case Action::lose:
        case Action::duplicate:
        case Action::alter:
        case Action::delay_delivery:
        case Action::bounce:
            perform(step, &fault);
            break;
        case Action::reply:
        case Action::refuse:
        case Action::lock_held:
            replace_reply(step, fault);
            break;
        case Action::reply_then_close:
            replace_reply(step, fault);
            close_after_reply(reason(fault));
            break;
        case Action::drop:
        case Action::keep_and_drop:
        case Action::discard_and_drop:
            withhold(step, fault);
            end(reason(fault));
            break;
        case Action::reset:
            withhold(step, fault);
            end(reason(fault));
            connection_.reset();
            break;
        case Action::half_close:
            withhold(step, fault);
            co_await connection_.end_sending();
            co_await connection_.wait_for_leave();
            end(reason(fault));
            break;
        case Action::stall:
            withhold(step, fault);
            co_await connection_.wait_for_leave();
            end(reason(fault));
            break;
        case Action::garbage: {
            withhold(step, fault);
            const auto size = fault.bytes != 0 ? static_cast<std::size_t>(fault.bytes) : kGarbage;
            connection_.output() +=
                fault.text.empty() ? shared_.dice.garbage(size) + "\r\n" : fault.text;
            break;
        }
        case Action::endless_line:
        case Action::endless_reply:
            co_await endless(step, fault);
            break;
        case Action::inject:
            complete(step, fault);
            connection_.output() += fault.text;
            break;
        case Action::alert:
            withhold(step, fault);
            co_await connection_.send_alert();
            end(reason(fault));
            break;
        case Action::drip:
        case Action::split:
            complete(step, fault);
            if (!fault.text.empty()) connection_.output() = fault.text;
            co_await send_slowly(fault);
            break;
        case Action::cut_short:
            complete(step, fault);
            co_await send_part(fault);
            break;
    }
}

// Carries the step out with the login that may follow, so that its true reply is all there.
void Session::complete(Step step, const Fault& fault) {
    perform(step, &fault);
    while (follow_up_ == Step::login) {
        follow_up_.reset();
        perform(Step::login, &fault);
    }
}

// No answer will be given; carried out or not as the rule says.
void Session::withhold(Step step, const Fault& fault) {
    if (fault.carry_out || fault.action == Action::keep_and_drop) {
        complete(step, fault);
        connection_.output().clear();
        follow_up_.reset();
        secure_wanted_ = false;
    } else {
        decline(step, fault, 0);
    }
    settle_all(false);
}

void Session::replace_reply(Step step, const Fault& fault) {
    std::string text = fault.text;
    if (text.empty()) {
        text = fault.action == Action::lock_held ? "-ERR [IN-USE] the mailbox is locked"
                                                 : refusal(step);
    }
    const int code = code_of(text);
    if (fault.carry_out) {
        complete(step, fault);
        connection_.output().clear();
        amend(code);
        if (code >= 400) follow_up_.reset();
    } else {
        decline(step, fault, code);
    }
    answer(text);
}

Task<void> Session::send_slowly(const Fault& fault) {
    const bool drip = fault.action == Action::drip;
    const std::size_t usual = drip ? 1 : kSplitPiece;
    const auto piece = fault.bytes != 0 ? static_cast<std::size_t>(fault.bytes) : usual;
    const Nanoseconds pause =
        fault.duration.count() != 0 ? fault.duration : Nanoseconds(drip ? 1s : 1ms);
    const std::string reply = std::exchange(connection_.output(), {});
    bool sent = true;
    for (std::size_t at = 0; sent && at < reply.size(); at += piece) {
        if (at > 0) co_await connection_.wait(pause);
        const bool gone = connection_.peer_gone();
        sent = co_await connection_.write(std::string_view(reply).substr(at, piece));
        sent = sent && !gone;
    }
    settle_all(sent);
    if (!sent) end("client");
}

Task<void> Session::send_part(const Fault& fault) {
    const std::string reply = std::exchange(connection_.output(), {});
    const auto size = fault.bytes != 0 ? static_cast<std::size_t>(fault.bytes) : reply.size() / 2;
    settle_all(false);
    co_await connection_.write(std::string_view(reply).substr(0, size));
    end(reason(fault));
}

// Paced by the socket: the client that stops reading stops this too.
Task<void> Session::endless(Step step, const Fault& fault) {
    withhold(step, fault);
    std::uint64_t left = fault.bytes != 0 ? fault.bytes : kEndless;
    std::uint64_t number = 0;
    std::string piece = fault.text.empty() ? endless_head(step) : fault.text;
    if (fault.action == Action::endless_reply && !piece.ends_with('\n')) piece += "endless\r\n";
    while (!over() && left > 0) {
        if (fault.action == Action::endless_line) {
            piece.append(kEndlessPiece, 'x');
        } else {
            while (piece.size() < kEndlessPiece)
                piece += endless_line(step, ++number);
        }
        piece.resize(static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), left)));
        left -= piece.size();
        const bool sent = co_await connection_.write(piece);
        if (!sent) end("client");
        piece.clear();
    }
    end(reason(fault));
}

}  // namespace mailprobed::loopback
