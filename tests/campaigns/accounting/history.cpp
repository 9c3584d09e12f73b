// SPDX-License-Identifier: Apache-2.0
// Facts to lines.
#include "tests/campaigns/accounting/history.hpp"

#include "probes/net/boot_clock.hpp"

#include <array>
#include <stdexcept>

namespace mailprobed::accounting {
namespace {

using Null = std::nullptr_t;

void append(std::string& out, const JsonValue& value) {
    if (const auto* text = std::get_if<std::string_view>(&value)) {
        append_json(out, *text);
    } else if (const auto* number = std::get_if<std::int64_t>(&value)) {
        out += std::to_string(*number);
    } else if (const auto* instant = std::get_if<std::optional<Instant>>(&value)) {
        out += *instant ? std::to_string((*instant)->time_since_epoch().count()) : "null";
    } else if (const auto* truth = std::get_if<bool>(&value)) {
        out += *truth ? "true" : "false";
    } else {
        out += "null";
    }
}

std::int64_t number(std::uint64_t value) {
    return static_cast<std::int64_t>(value);
}

}  // namespace

std::string hex(std::uint64_t number) {
    std::array<char, 17> text{};
    std::snprintf(text.data(), text.size(), "%016llx", static_cast<unsigned long long>(number));
    return text.data();
}

void append_json(std::string& out, std::string_view text) {
    out += '"';
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c >= ' ' && c <= '~' ? c : '?';
    }
    out += '"';
}

JsonFile::JsonFile(const std::filesystem::path& path) : file_(std::fopen(path.c_str(), "we")) {
    if (!file_) throw std::runtime_error("cannot write " + path.string());
}

void JsonFile::write(std::initializer_list<std::pair<std::string_view, JsonValue>> fields) {
    std::string line;
    for (const auto& [name, value] : fields) {
        line += line.empty() ? '{' : ',';
        append_json(line, name);
        line += ':';
        append(line, value);
    }
    line += "}\n";
    std::fwrite(line.data(), 1, line.size(), file_.get());
}

std::optional<std::uint64_t> History::take_started(std::string_view probe) {
    const auto found = started_.find(std::string(probe));
    if (found == started_.end()) return std::nullopt;
    const std::uint64_t mail = found->second;
    started_.erase(found);
    return mail;
}

void History::look_began(std::string_view mailbox,
                         const std::shared_ptr<Conversation>& conversation) {
    looks_[std::string(mailbox)] = conversation;
}

void History::submission_over(std::uint64_t mail, const Conversation& conversation) {
    file_.write(
        {{"what", "submission"},
         {"mail", hex(mail)},
         {"peer", conversation.peer},
         {"started", conversation.connected_from},
         {"handed", conversation.handed},
         {"answered", conversation.handed && conversation.replies > conversation.replies_before}});
}

void History::finish(std::uint64_t started, std::uint64_t verdicts, std::uint64_t pending) {
    file_.write({{"what", "end"},
                 {"started", number(started)},
                 {"verdicts", number(verdicts)},
                 {"pending", number(pending)}});
}

void History::take(const MailStarted& fact) {
    file_.write({{"what", "started"},
                 {"mail", hex(fact.mail)},
                 {"probe", fact.probe},
                 {"lag", std::int64_t{fact.start_lag.count()}}});
    const bool fresh = started_.emplace(fact.probe, fact.mail).second;
    if (!fresh) take(InternalError{"harness", "two mails of one probe wait for a conversation"});
    if (on_started) on_started(fact.probe);
}

void History::take(const MailJudged& fact) {
    const bool delivered = fact.verdict == Verdict::delivered;
    const auto if_delivered = [&](Instant at) {
        return delivered ? std::optional(at) : std::nullopt;
    };
    const JsonValue none = Null{};
    file_.write({{"what", "verdict"},
                 {"mail", hex(fact.mail)},
                 {"verdict", to_string(fact.verdict)},
                 {"stage", fact.failure ? JsonValue(to_string(fact.failure->stage)) : none},
                 {"cause", fact.failure ? JsonValue(to_string(fact.failure->cause)) : none},
                 {"lower", if_delivered(fact.lower)},
                 {"upper", if_delivered(fact.upper)},
                 {"uncertain", fact.deadline_uncertain},
                 {"unmeasured", fact.unmeasured},
                 {"body", delivered ? JsonValue(to_string(fact.body)) : none},
                 {"at", std::optional(BootClock::now())},
                 {"detail", fact.detail}});
}

void History::take(const EvidenceFound& fact) {
    file_.write({{"what", "evidence"}, {"mail", hex(fact.mail)}, {"kind", to_string(fact.kind)}});
}

void History::take(const LookDone& fact) {
    const auto found = looks_.find(std::string(fact.mailbox));
    if (found == looks_.end())
        return take(InternalError{"harness", "a look without a conversation"});
    const Conversation& seen = *found->second;
    const JsonValue none = Null{};
    file_.write({{"what", "look"},
                 {"mailbox", fact.mailbox},
                 {"peer", seen.peer},
                 {"began", std::optional(seen.began)},
                 {"connected_from", seen.connected_from},
                 {"login", seen.login},
                 {"replies", number(seen.replies)},
                 {"ended", std::optional(BootClock::now())},
                 {"complete", fact.absence_until.has_value()},
                 {"absence_until", fact.absence_until},
                 {"stage", fact.failure ? JsonValue(to_string(fact.failure->stage)) : none},
                 {"cause", fact.failure ? JsonValue(to_string(fact.failure->cause)) : none},
                 {"deleted", std::int64_t{fact.deleted}},
                 {"detail", fact.detail}});
    looks_.erase(found);
}

void History::take(const TickMissed& fact) {
    file_.write({{"what", "missed"},
                 {"probe", fact.probe},
                 {"reason", to_string(fact.reason)},
                 {"count", number(fact.count)}});
}

void History::take(const TagRejected& fact) {
    file_.write(
        {{"what", "rejected"}, {"mailbox", fact.mailbox}, {"reason", to_string(fact.reason)}});
}

void History::take(const InternalError& fact) {
    file_.write({{"what", "bug"}, {"where", fact.where}, {"detail", fact.what}});
}

}  // namespace mailprobed::accounting
