// SPDX-License-Identifier: Apache-2.0
// The loop of a session; what faults do is in misbehaviour.cpp.
#include "tests/loopback/session.hpp"

#include <boost/system/system_error.hpp>

#include <algorithm>
#include <utility>

namespace mailprobed::loopback {
namespace {

constexpr std::size_t kLongestLine = 65536;
constexpr std::size_t kFlushAbove = 65536;

}  // namespace

Session::Session(Shared& shared, Socket socket, SessionId id)
    : shared_(shared), id_(std::move(id)), connection_(std::move(socket)) {}

Task<void> Session::run() {
    if (shared_.log.wants(EventKind::connect)) {
        auto connected = event(EventKind::connect);
        connected.detail = id_.implicit_tls ? "tls" : "plain";
        shared_.log.record(std::move(connected));
    }
    try {
        co_await talk();
    } catch (const boost::system::system_error& error) {
        end(error.code().message());
    }
    // Locks are released before the client can see the end, so that it may come back at once.
    settle_all(false);
    finish();
    if (shared_.log.wants(EventKind::close)) {
        auto closed = event(EventKind::close);
        closed.text = reason_;
        closed.detail = name(last_step_);
        closed.code = last_code_;
        closed.count = count_;
        shared_.log.record(std::move(closed));
    }
    connection_.close();
}

Task<void> Session::talk() {
    co_await pass(Step::connect);
    if (id_.implicit_tls) co_await pass(Step::tls);
    co_await pass(Step::greeting);
    while (!over()) {
        const auto step = closing_ ? std::nullopt : next();
        if (step) {
            co_await pass(*step);
            if (connection_.output().size() > kFlushAbove) co_await flush();
            continue;
        }
        const bool flushed = co_await flush();
        if (!flushed) break;
        if (closing_) {
            co_await connection_.end_sending();
            end(closing_reason_);
            break;
        }
        const bool more = co_await connection_.fill();
        if (!more) end(connection_.error() == "eof" ? "client" : "read: " + connection_.error());
    }
}

Task<void> Session::pass(Step step) {
    last_step_ = step;
    std::optional<Step> now = step;
    while (now && !over()) {
        if (shared_.faults.watches(id_.protocol, *now)) {
            co_await take(*now);
        } else {
            perform(*now, nullptr);
        }
        if (secure_wanted_ && !over()) co_await secure();
        now = std::exchange(follow_up_, std::nullopt);
    }
}

void Session::perform(Step step, const Fault* fault) {
    if (step == Step::tls) {
        secure_wanted_ = true;
    } else if (step != Step::connect) {
        execute(step, fault);
    }
}

Task<void> Session::secure() {
    secure_wanted_ = false;
    const bool flushed = co_await flush();
    if (!flushed) co_return;
    const bool good = co_await connection_.secure(shared_.tls);
    if (!good) {
        end("tls: " + connection_.error());
    } else if (shared_.log.wants(EventKind::secured)) {
        auto secured = event(EventKind::secured);
        secured.text = connection_.tls_version();
        shared_.log.record(std::move(secured));
    }
}

Task<bool> Session::flush() {
    if (connection_.output().empty()) co_return true;
    const bool gone = unsettled_ && connection_.peer_gone();
    const bool sent = co_await connection_.flush();
    settle_all(sent && !gone);
    if (!sent) end("write: " + connection_.error());
    co_return sent;
}

void Session::settle_all(bool sent) {
    if (std::exchange(unsettled_, false)) settle(sent);
}

void Session::end(std::string_view reason) {
    if (reason_.empty()) reason_ = reason.empty() ? "?" : reason;
}

void Session::close_after_reply(std::string_view reason) {
    closing_ = true;
    closing_reason_ = reason;
}

void Session::cut(std::string_view reason) {
    end(closing_ ? closing_reason_ : reason);
    connection_.reset();
    cancellation_.emit(asio::cancellation_type::terminal);
}

std::optional<std::string_view> Session::take_line() {
    const auto input = connection_.input();
    const auto end_of_line = input.find('\n', scanned_);
    if (end_of_line == std::string_view::npos) {
        scanned_ = input.size();
        if (input.size() > kLongestLine) {
            answer(refusal(Step::unknown));
            close_after_reply("line too long");
        }
        return std::nullopt;
    }
    scanned_ = 0;
    connection_.consume(end_of_line + 1);
    auto line = input.substr(0, end_of_line);
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

void Session::answer(std::string_view text) {
    auto& output = connection_.output();
    output += text;
    if (!text.ends_with('\n')) output += "\r\n";
    last_code_ = code_of(text);
    if (!shared_.log.wants(EventKind::reply)) return;
    auto reply = event(EventKind::reply);
    reply.text = text.substr(0, std::min(text.find_first_of("\r\n"), std::size_t{512}));
    reply.code = last_code_;
    shared_.log.record(std::move(reply));
}

Event Session::event(EventKind kind) const {
    Event result;
    result.kind = kind;
    result.protocol = id_.protocol;
    result.session = id_.number;
    result.peer = id_.peer;
    result.username = username_;
    return result;
}

void Session::log_command(Step step, std::string_view line) {
    if (!shared_.log.wants(EventKind::command)) return;
    auto command = event(EventKind::command);
    command.detail = name(step);
    // The log must stay free of passwords, whatever form they come in.
    if (step == Step::auth_response) {
        command.text = "***";
    } else if (step == Step::pass) {
        command.text = "PASS ***";
    } else if (step == Step::auth || step == Step::apop) {
        const auto first = line.find(' ');
        const auto second = first == std::string_view::npos ? first : line.find(' ', first + 1);
        command.text = line.substr(0, second);
        if (second != std::string_view::npos) command.text += " ***";
    } else {
        command.text = line.substr(0, 512);
    }
    shared_.log.record(std::move(command));
}

}  // namespace mailprobed::loopback
