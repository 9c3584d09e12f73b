// SPDX-License-Identifier: Apache-2.0
// POP3 in the TRANSACTION and UPDATE states.
#include "tests/loopback/codec.hpp"
#include "tests/loopback/pop3_service.hpp"

#include <algorithm>
#include <charconv>
#include <unordered_set>

namespace mailprobed::loopback {
namespace {

std::optional<std::uint64_t> parse_number(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

// Header, empty line and the first `lines` lines of the body (RFC 1939 7).
std::string_view top_of(const Message& message, std::uint64_t lines) {
    const std::string_view raw = message.raw;
    auto end = message.body;
    for (; lines > 0 && end < raw.size(); --lines) {
        const auto line_end = raw.find('\n', end);
        end = line_end == std::string_view::npos ? raw.size() : line_end + 1;
    }
    return raw.substr(0, end);
}

}  // namespace

void Pop3Session::stat() {
    std::uint64_t count = 0;
    std::uint64_t size = 0;
    for (const auto& mail : snapshot_) {
        if (mail.deleted) continue;
        ++count;
        size += mail.entry.message->raw.size();
    }
    answer("+OK " + std::to_string(count) + ' ' + std::to_string(size));
}

void Pop3Session::list(Step step) {
    if (step == Step::uidl && !options().uidl) return answer("-ERR unknown command");
    const auto value_of = [&](const Listed& mail) {
        return step == Step::uidl ? mail.entry.uidl
                                  : std::to_string(mail.entry.message->raw.size());
    };
    if (!argument_.empty() && !options().repeats) return answer("-ERR no arguments");
    if (!argument_.empty()) {
        const std::string number(argument_);
        const auto* const mail = find(number);
        if (mail != nullptr) answer("+OK " + number + ' ' + value_of(*mail));
        return;
    }
    std::string text = "+OK\r\n";
    text.reserve(16 + snapshot_.size() * 26);
    std::uint64_t number = 0;
    std::uint64_t count = 0;
    for (const auto& mail : snapshot_) {
        ++number;
        if (mail.deleted) continue;
        ++count;
        text += std::to_string(number);
        text += ' ';
        text += value_of(mail);
        text += "\r\n";
    }
    text += ".\r\n";
    answer(text);
    if (!shared_.log.wants(EventKind::listed)) return;
    auto told = event(EventKind::listed);
    told.text = name(step);
    told.count = count;
    shared_.log.record(std::move(told));
}

void Pop3Session::retrieve(Step step) {
    std::uint64_t lines = 0;
    auto number = argument_;
    if (step == Step::top) {
        const auto space = argument_.find(' ');
        const auto wanted = space == std::string_view::npos
                                ? std::nullopt
                                : parse_number(argument_.substr(space + 1));
        if (!options().top) return answer("-ERR unknown command");
        if (!wanted) return answer("-ERR syntax: TOP number lines");
        lines = *wanted;
        number = argument_.substr(0, space);
    }
    const auto* const mail = find(number);
    if (mail == nullptr) return;
    const auto& message = *mail->entry.message;
    answer("+OK " + std::to_string(message.raw.size()) + " octets");
    auto& output = connection_.output();
    append_dot_stuffed(output, step == Step::top ? top_of(message, lines) : message.raw);
    if (!output.ends_with("\r\n")) output += "\r\n";
    output += ".\r\n";
    tell(EventKind::retrieved, *mail, name(step));
}

void Pop3Session::dele() {
    auto* const mail = find(argument_);
    if (mail == nullptr) return;
    mail->deleted = true;
    answer("+OK marked");
}

void Pop3Session::quit() {
    if (mailbox_ != nullptr) {
        std::unordered_set<std::uint64_t> deleted;
        for (const auto& mail : snapshot_) {
            if (mail.deleted) deleted.insert(mail.entry.id());
        }
        if (!deleted.empty()) {
            std::erase_if(mailbox_->entries,
                          [&](const auto& entry) { return deleted.contains(entry.id()); });
        }
        for (const auto& mail : snapshot_) {
            if (mail.deleted) tell(EventKind::deleted, mail, {});
        }
        count_ += deleted.size();
        release();
    }
    answer("+OK bye");
    close_after_reply("quit");
}

// The lock is free before the client can know that the session is over.
void Pop3Session::release() {
    if (mailbox_ == nullptr) return;
    mailbox_->lock_holder = 0;
    mailbox_->gone.clear();
    mailbox_ = nullptr;
    snapshot_.clear();
}

void Pop3Session::finish() {
    release();
}

Pop3Session::Listed* Pop3Session::find(std::string_view number) {
    const auto wanted = parse_number(number);
    if (wanted && *wanted >= 1 && *wanted <= snapshot_.size()) {
        auto& mail = snapshot_[*wanted - 1];
        if (!mail.deleted && !mailbox_->gone.contains(mail.entry.id())) return &mail;
    }
    answer("-ERR no such message");
    return nullptr;
}

void Pop3Session::tell(EventKind kind, const Listed& mail, std::string_view text) {
    if (!shared_.log.wants(kind)) return;
    auto told = event(kind);
    told.text = text;
    told.mail = mail.entry.message->facts;
    shared_.log.record(std::move(told));
}

}  // namespace mailprobed::loopback
