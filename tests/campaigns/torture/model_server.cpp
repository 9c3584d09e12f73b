// SPDX-License-Identifier: Apache-2.0
// POP3 with every fault of the habits.
#include "tests/campaigns/torture/model_server.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace mailprobed::model {
namespace {

constexpr std::size_t kNever = 1'000'000;

std::string stuffed(std::string_view text, Stuffing how) {
    std::string out;
    bool after_crlf = true;
    bool after_lf = true;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool stuffs = (how == Stuffing::after_crlf && after_crlf) ||
                            (how == Stuffing::after_any_line_end && (after_crlf || after_lf));
        if (text[i] == '.' && stuffs) out += '.';
        out += text[i];
        after_lf = text[i] == '\n';
        after_crlf = after_lf && i > 0 && text[i - 1] == '\r';
    }
    if (!out.ends_with("\r\n")) out += "\r\n";
    return out + ".\r\n";
}

}  // namespace

ServerChannel::ServerChannel(World& world)
    : world_(world),
      stat_zero_(world.chance() < world.habits().stat_zero),
      swaps_(world.chance() < world.habits().swapped),
      loses_quit_(world.chance() < world.habits().quit_lost),
      keeps_deleted_(world.chance() < world.habits().keeps_deleted),
      lists_ids_(world.habits().ids != Ids::none),
      lags_(lists_ids_ && world.chance() < world.habits().lags),
      twice_(world.chance() < world.habits().twice),
      answers_left_(world.chance() < world.habits().dies ? 3 + world.below(12) : kNever) {}

Awaitable<void> ServerChannel::resolve() {
    world_.pass(std::chrono::milliseconds{1});
    co_return;
}

Awaitable<void> ServerChannel::connect() {
    world_.pass(std::chrono::milliseconds{world_.below(40)});
    if (world_.habits().early_snapshot) take_snapshot();
    world_.pass(std::chrono::milliseconds{1 + world_.below(400)});
    out_ += "+OK ready\r\n";
    co_return;
}

void ServerChannel::take_snapshot() {
    snapshot_ = world_.messages();
    omitted_.assign(snapshot_->size(), false);
    if (world_.chance() >= world_.habits().partial) return;
    for (std::size_t i = 0; i < omitted_.size(); ++i)
        omitted_[i] = world_.chance() < 0.3;
    // Where it counts wrongly too, nobody can tell what is missing at the end.
    if (stat_zero_ && !omitted_.empty()) omitted_.back() = false;
}

Awaitable<std::size_t> ServerChannel::read(std::span<char> buffer) {
    if (closed_) throw ChannelError(Cause::eof, "closed");
    world_.pass(std::chrono::milliseconds{1 + world_.below(5)});
    if (out_.empty() && over_) throw ChannelError(Cause::eof, "the server hung up");
    if (out_.empty()) {
        world_.pass_until(deadline_);
        closed_ = true;
        throw ChannelError(Cause::timeout, "silence");
    }
    const std::size_t most = std::min(buffer.size(), out_.size());
    const std::size_t size = world_.chance() < 0.2 ? 1 + world_.below(most) : most;
    std::ranges::copy(out_.substr(0, size), buffer.begin());
    out_.erase(0, size);
    co_return size;
}

Awaitable<void> ServerChannel::write(std::string_view bytes) {
    if (closed_) throw ChannelError(Cause::eof, "closed");
    world_.pass(std::chrono::milliseconds{1 + world_.below(5)});
    in_ += bytes;
    std::vector<std::string> batch;
    for (std::size_t end = in_.find("\r\n"); end != std::string::npos; end = in_.find("\r\n")) {
        batch.push_back(in_.substr(0, end));
        in_.erase(0, end + 2);
    }
    if (swaps_ && batch.size() > 1) std::ranges::reverse(batch);
    for (const std::string& line : batch) {
        if (over_) break;
        if (answers_left_-- == 0) {
            over_ = true;
            break;
        }
        answer(line);
    }
    co_return;
}

void ServerChannel::answer(std::string_view line) {
    const std::string_view verb = line.substr(0, line.find(' '));
    std::size_t number = 0;
    if (verb.size() < line.size()) {
        const std::string_view rest = line.substr(verb.size() + 1);
        std::from_chars(rest.data(), rest.data() + rest.size(), number);
    }
    const bool exists = snapshot_ && number >= 1 && number <= snapshot_->size();
    if (verb == "CAPA") {
        out_ += std::string("+OK\r\nUSER\r\n") + (world_.habits().has_top ? "TOP\r\n" : "") +
                (world_.habits().pipelining ? "PIPELINING\r\n" : "") + ".\r\n";
    } else if (verb == "USER") {
        out_ += "+OK\r\n";
    } else if (verb == "PASS") {
        world_.pass(std::chrono::milliseconds{world_.below(100)});
        if (!snapshot_) take_snapshot();
        out_ += "+OK in\r\n";
    } else if (!snapshot_) {
        out_ += "-ERR not now\r\n";
    } else if (verb == "STAT") {
        stat();
    } else if (verb == "UIDL" && !lists_ids_) {
        out_ += "-ERR unknown command\r\n";
    } else if (verb == "UIDL" || verb == "LIST") {
        list(verb == "UIDL", number);
    } else if ((verb == "TOP" && world_.habits().has_top) || verb == "RETR") {
        exists ? show(number, verb == "TOP")
               : static_cast<void>(out_ += "-ERR no such message\r\n");
    } else if (verb == "DELE" && exists) {
        marked_.push_back((*snapshot_)[number - 1].serial);
        out_ += "+OK\r\n";
    } else if (verb == "QUIT") {
        quit();
    } else {
        out_ += "-ERR what\r\n";
    }
}

void ServerChannel::stat() {
    const std::size_t count = snapshot_->size() - (lags_ && !snapshot_->empty() ? 1 : 0);
    out_ += "+OK " + std::to_string(stat_zero_ ? 0 : count) + " 1\r\n";
}

std::string ServerChannel::uid_of(std::size_t number) const {
    if (world_.habits().ids == Ids::position) return std::to_string(number);
    return (*snapshot_)[number - 1].uid;
}

std::uint64_t ServerChannel::size_of(std::size_t number) {
    const std::uint64_t size = (*snapshot_)[number - 1].text.size();
    switch (world_.habits().sizes) {
        case Sizes::loose:
            return size + world_.below(50);
        case Sizes::zero:
            return 0;
        case Sizes::blocks:
            return (size + 4095) / 4096;
        case Sizes::right:
            break;
    }
    return size;
}

bool ServerChannel::listed(std::size_t number) const {
    return !omitted_[number - 1];
}

void ServerChannel::list(bool uidl, std::size_t number) {
    const auto line = [&](std::size_t n) {
        return std::to_string(n) + ' ' + (uidl ? uid_of(n) : std::to_string(size_of(n)));
    };
    const bool one = number != 0 && world_.habits().repeats != Repeats::whole_list;
    if (number != 0 && world_.habits().repeats == Repeats::refused) {
        out_ += "-ERR no arguments\r\n";
        return;
    }
    if (one) {
        const bool there = number <= snapshot_->size() && listed(number);
        out_ += there ? "+OK " + line(number) + "\r\n" : "-ERR no such message\r\n";
        return;
    }
    out_ += "+OK\r\n";
    const std::size_t most = snapshot_->size() - (lags_ && uidl && !snapshot_->empty() ? 1 : 0);
    for (std::size_t n = 1; n <= most; ++n) {
        if (!listed(n)) continue;
        // The line of the one before stands where that of the second should.
        out_ += line(twice_ && n == 2 && listed(1) ? 1 : n) + "\r\n";
    }
    out_ += ".\r\n";
}

void ServerChannel::show(std::size_t number, bool top) {
    const Message& message = (*snapshot_)[number - 1];
    if (message.unreadable) {
        out_ += "-ERR cannot read it\r\n";
        return;
    }
    std::string_view text = message.text;
    const std::size_t head = text.find("\r\n\r\n");
    if (top && head != std::string_view::npos) {
        const std::size_t line = text.find("\r\n", head + 4);
        text = text.substr(0, line == std::string_view::npos ? text.size() : line + 2);
    }
    out_ += "+OK\r\n" + stuffed(text, world_.habits().stuffing);
}

void ServerChannel::quit() {
    if (!keeps_deleted_) world_.remove(marked_);
    if (!loses_quit_) out_ += "+OK bye\r\n";
    over_ = true;
}

}  // namespace mailprobed::model
