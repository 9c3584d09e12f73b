// SPDX-License-Identifier: Apache-2.0
// Talking without end.
#include "tests/session/endless_channel.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <map>
#include <utility>

namespace mailprobed::script {

namespace {

std::string first_word(std::string_view line) {
    return std::string(line.substr(0, line.find(' ')));
}

}  // namespace

LineServer smtp_server(std::string at, Words words) {
    return [at = std::move(at), words = std::move(words),
            in_data = false](std::string_view line) mutable -> Words {
        static const std::map<std::string, std::string> kPolite{
            {"", "220 hi\r\n"},
            {"EHLO", "250-hi\r\n250-STARTTLS\r\n250 AUTH PLAIN LOGIN CRAM-MD5\r\n"},
            {"STARTTLS", "220 go\r\n"},
            {"AUTH", "334 \r\n"},
            {"SASL", "235 in\r\n"},
            {"MAIL", "250 ok\r\n"},
            {"RCPT", "250 ok\r\n"},
            {"DATA", "354 go\r\n"},
            {"DOT", "250 ok\r\n"},
            {"QUIT", "221 bye\r\n"}};
        std::string step = first_word(line);
        if (in_data) {
            if (line != ".") return {};
            step = "DOT";
            in_data = false;
        } else if (!kPolite.contains(step)) {
            step = "SASL";
        }
        if (step == at) return words;
        in_data = step == "DATA";
        // A PLAIN that brings its response along is over at once.
        if (step == "AUTH" && line.starts_with("AUTH PLAIN ")) return {kPolite.at("SASL"), {}};
        return {kPolite.at(step), {}};
    };
}

LineServer pop3_server(std::string at, Words words) {
    return [at = std::move(at), words = std::move(words)](std::string_view line) -> Words {
        static const std::map<std::string, std::string> kPolite{
            {"", "+OK hi\r\n"},
            {"CAPA", "+OK\r\nSTLS\r\nTOP\r\nUIDL\r\nUSER\r\n.\r\n"},
            {"STLS", "+OK go\r\n"},
            {"USER", "+OK\r\n"},
            {"PASS", "+OK\r\n"},
            {"AUTH", "+ \r\n"},
            {"SASL", "+OK\r\n"},
            {"STAT", "+OK 1 100\r\n"},
            {"UIDL", "+OK\r\n1 a\r\n.\r\n"},
            {"LIST", "+OK\r\n1 100\r\n.\r\n"},
            {"TOP", "+OK\r\nSubject: x\r\n\r\n.\r\n"},
            {"RETR", "+OK\r\nSubject: x\r\n\r\nbody\r\n.\r\n"},
            {"DELE", "+OK\r\n"},
            {"QUIT", "+OK bye\r\n"}};
        std::string step = first_word(line);
        if (!kPolite.contains(step)) step = "SASL";
        if (step == at) return words;
        return {kPolite.at(step), {}};
    };
}

EndlessChannel::EndlessChannel(LineServer server, Duration each, std::size_t chunk)
    : server_(std::move(server)), each_(each), chunk_(chunk) {}

Awaitable<void> EndlessChannel::connect() {
    say(server_(""));
    co_return;
}

void EndlessChannel::say(const Words& words) {
    pending_ += words.once;
    if (!words.forever.empty()) forever_ = words.forever;
}

Awaitable<std::size_t> EndlessChannel::read(std::span<char> buffer) {
    co_await asio::post(asio::use_awaitable_t<Executor>{});
    const bool silent = given_ == pending_.size() && forever_.empty();
    if (silent || now_ + each_ >= deadline_) {
        now_ = std::max(now_, deadline_);
        throw ChannelError(Cause::timeout, silent ? "nothing more to say" : "too late");
    }
    now_ += each_;
    std::size_t size = std::min(chunk_, buffer.size());
    if (given_ < pending_.size()) {
        size = pending_.copy(buffer.data(), size, given_);
        given_ += size;
    } else {
        for (std::size_t i = 0; i < size; ++i, ++round_) {
            buffer[i] = forever_[round_ % forever_.size()];
        }
    }
    octets_ += size;
    co_return size;
}

Awaitable<void> EndlessChannel::write(std::string_view bytes) {
    co_await asio::post(asio::use_awaitable_t<Executor>{});
    if (now_ >= deadline_) throw ChannelError(Cause::timeout, "too late");
    written_ += bytes;
    for (const char c : bytes) {
        if (c != '\n') {
            if (c != '\r') line_ += c;
            continue;
        }
        say(server_(line_));
        line_.clear();
    }
}

}  // namespace mailprobed::script
