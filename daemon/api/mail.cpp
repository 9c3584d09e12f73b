// SPDX-License-Identifier: Apache-2.0
// Every member of a schema is always there; null says that there is nothing to say.
#include "daemon/api/mail.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <sstream>

namespace mailprobed {
namespace {

void write_conversation(JsonWriter& json, const PastConversation& conversation, bool full) {
    json.key("stages");
    json.begin_array();
    for (const PastStage& stage : conversation.stages) {
        json.begin_object();
        json.member("stage", stage.stage);
        json.member("at", stage.at);
        json.member("took", stage.took);
        json.key("cause");
        json.text_or_null(stage.cause);
        json.end_object();
    }
    json.end_array();
    json.key("transcript");
    if (!full || conversation.lines.empty()) return json.null();
    json.begin_array();
    for (const SpokenLine& line : conversation.lines) {
        json.begin_object();
        json.member("at", line.at);
        json.member("who", to_string(line.who));
        json.member("text", line.text);
        json.end_object();
    }
    json.end_array();
}

/// A stamp of the ledger's text of hops: 2026-11-23T14:00:00Z.
std::optional<WallTime> stamp_of(const std::string& text) {
    std::tm parts{};
    const char* end = ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%SZ", &parts);
    if (end == nullptr || *end != '\0') return std::nullopt;
    return WallTime{std::chrono::seconds{::timegm(&parts)}};
}

/// "by at stamp; by; ..." as DeliveryPath writes it.
void write_hops(JsonWriter& json, std::string_view hops) {
    constexpr std::string_view kBetween = "; ";
    constexpr std::string_view kAt = " at ";
    json.begin_array();
    while (!hops.empty()) {
        const std::size_t end = std::min(hops.find(kBetween), hops.size());
        const std::string_view hop = hops.substr(0, end);
        hops.remove_prefix(std::min(end + kBetween.size(), hops.size()));
        const std::size_t at = hop.find(kAt);
        json.begin_object();
        json.member("by", hop.substr(0, at));
        json.key("at");
        if (at == std::string_view::npos) {
            json.null();
        } else {
            json.value(stamp_of(std::string(hop.substr(at + kAt.size()))));
        }
        json.end_object();
    }
    json.end_array();
}

void write_look(JsonWriter& json, const PastLook& look, const PastConversation& conversation,
                bool full) {
    json.begin_object();
    json.member("mailbox", look.mailbox);
    json.member("began", look.began);
    json.member("took", look.took);
    json.member("complete", look.complete);
    json.key("stage");
    json.text_or_null(look.stage);
    json.key("cause");
    json.text_or_null(look.cause);
    json.member("messages", look.messages);
    write_conversation(json, conversation, full);
    json.end_object();
}

}  // namespace

std::string mail_name(MailId mail) {
    return fmt::format("{:016x}", mail);
}

void write_mail_members(JsonWriter& json, const LedgerMail& mail) {
    json.member("mail", mail_name(mail.mail));
    json.member("probe", mail.probe);
    json.member("started", mail.started);
    json.member("attempt", mail.attempt);
    json.member("progress", mail.progress);
    json.key("verdict");
    json.text_or_null(mail.verdict);
    json.member("judged", mail.judged);
    json.key("stage");
    json.text_or_null(mail.stage);
    json.key("cause");
    json.text_or_null(mail.cause);
    json.key("status_class");
    json.text_or_null(mail.status_class);
    json.key("body");
    json.text_or_null(mail.body);
    json.member("round_trip", mail.round_trip);
    json.member("uncertainty", mail.uncertainty);
    json.member("unmeasured", mail.unmeasured);
    json.member("deadline_uncertain", mail.deadline_uncertain);
    json.member("at_risk", mail.at_risk);
    json.key("evidence");
    json.begin_object();
    for (const auto& [kind, copies] : mail.evidence)
        json.member(kind, copies);
    json.end_object();
}

void write_mail(JsonWriter& json, const LedgerMail& mail) {
    json.begin_object();
    write_mail_members(json, mail);
    json.end_object();
}

void write_mail_detail(JsonWriter& json, const LedgerMail& mail,
                       const std::vector<PastAttempt>& attempts, std::string_view looks,
                       bool full) {
    json.begin_object();
    write_mail_members(json, mail);
    json.member("deadline", mail.deadline);
    json.member("handed", mail.handed);
    json.member("access", full ? "full" : "public");
    json.key("detail");
    json.text_or_null(full ? std::string_view(mail.detail) : std::string_view());
    json.key("hops");
    if (full) {
        write_hops(json, mail.hops);
    } else {
        json.null();
    }
    json.key("attempts");
    json.begin_array();
    for (const PastAttempt& attempt : attempts) {
        json.begin_object();
        json.member("attempt", attempt.attempt);
        json.member("began", attempt.began);
        json.member("took", attempt.took);
        write_conversation(json, read_conversation(attempt.conversation), full);
        json.end_object();
    }
    json.end_array();
    json.key("looks");
    json.begin_array();
    for (const auto& [look, conversation] : read_looks(looks))
        write_look(json, look, conversation, full);
    json.end_array();
    json.end_object();
}

}  // namespace mailprobed
