// SPDX-License-Identifier: Apache-2.0
// Events as lines of JSON; fields that say nothing are left out.
#include "tests/loopback/event.hpp"

#include <array>

namespace mailprobed::loopback {
namespace {

void append_string(std::string& json, std::string_view text) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    json += '"';
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            json += '\\';
            json += c;
        } else if (byte < 0x20 || byte >= 0x7f) {
            json += "\\u00";
            json += kDigits[byte >> 4U];
            json += kDigits[byte & 15U];
        } else {
            json += c;
        }
    }
    json += '"';
}

void field(std::string& json, std::string_view key, std::string_view text) {
    if (text.empty()) return;
    json += ",\"";
    json += key;
    json += "\":";
    append_string(json, text);
}

void field(std::string& json, std::string_view key, const std::string& number, bool wanted) {
    if (!wanted) return;
    json += ",\"";
    json += key;
    json += "\":";
    json += number;
}

void append_mail(std::string& json, const MailFacts& mail, bool answered) {
    json += ",\"mail\":{\"id\":" + std::to_string(mail.id);
    field(json, "fate", name(mail.fate));
    field(json, "kept", mail.kept ? "true" : "false", true);
    field(json, "sender", mail.sender);
    field(json, "recipient", mail.recipient);
    field(json, "mailbox", mail.mailbox);
    field(json, "uidl", mail.uidl);
    field(json, "tag", mail.tag);
    field(json, "message_id", mail.message_id);
    field(json, "bytes", std::to_string(mail.bytes), true);
    field(json, "dot_ns", std::to_string(mail.dot_ns), true);
    field(json, "visible_ns", std::to_string(mail.visible_ns), mail.visible_ns != 0);
    field(json, "reply_code", std::to_string(mail.reply_code), answered);
    field(json, "reply_sent", mail.reply_sent ? "true" : "false", answered);
    field(json, "fault", mail.fault);
    field(json, "copy_of", std::to_string(mail.copy_of), mail.copy_of != 0);
    field(json, "report_on", std::to_string(mail.report_on), mail.report_on != 0);
    field(json, "envelope_id", mail.envelope_id);
    field(json, "ret", mail.ret);
    field(json, "notify", mail.notify);
    field(json, "original_recipient", mail.original_recipient);
    json += '}';
}

}  // namespace

std::string_view name(EventKind kind) noexcept {
    constexpr std::array<std::string_view, 13> kNames{
        "connect", "secured", "command", "reply",     "fault",   "login", "login_refused",
        "mail",    "visible", "listed",  "retrieved", "deleted", "close"};
    return kNames.at(static_cast<std::size_t>(kind));
}

std::string_view name(Fate fate) noexcept {
    constexpr std::array<std::string_view, 7> kNames{"kept",    "altered",   "duplicated", "lost",
                                                     "refused", "discarded", "bounced"};
    return kNames.at(static_cast<std::size_t>(fate));
}

std::string to_json(const Event& event) {
    std::string json = "{\"at_ns\":" + std::to_string(event.at_ns);
    field(json, "kind", name(event.kind));
    field(json, "protocol", name(event.protocol));
    field(json, "session", std::to_string(event.session), event.session != 0);
    field(json, "peer", event.peer);
    field(json, "username", event.username);
    field(json, "text", event.text);
    field(json, "detail", event.detail);
    field(json, "code", std::to_string(event.code), event.code != 0);
    const bool counted = event.kind == EventKind::login || event.kind == EventKind::listed ||
                         event.kind == EventKind::close;
    field(json, "count", std::to_string(event.count), counted);
    if (event.mail) append_mail(json, *event.mail, event.kind == EventKind::mail);
    json += '}';
    return json;
}

}  // namespace mailprobed::loopback
