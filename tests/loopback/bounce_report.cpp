// SPDX-License-Identifier: Apache-2.0
// The text of reports.
#include "tests/loopback/bounce_report.hpp"

#include "tests/loopback/codec.hpp"

#include <algorithm>
#include <array>

namespace mailprobed::loopback {
namespace {

constexpr std::array<std::string_view, 5> kKinds{"dsn", "qmail", "delayed", "forged", "vacation"};
// Of the 60 characters of a tag those from 40 on are of its MAC.
constexpr std::size_t kForgedAt = 45;
constexpr std::string_view kEnd = "\r\n";

std::string header_section(std::string_view message) {
    std::string headers(message.substr(0, body_offset(message)));
    while (headers.ends_with("\r\n\r\n"))
        headers.resize(headers.size() - 2);
    return headers;
}

std::string status_of(const BounceParts& parts) {
    if (!parts.status.empty()) return std::string(parts.status);
    return parts.kind == BounceKind::delayed ? "4.4.1" : "5.1.1";
}

std::string address(std::string_view of) {
    return "<" + std::string(of) + ">";
}

std::string head(const BounceParts& parts, const std::string& from, std::string_view subject) {
    return "Return-Path: <>\r\nReceived: by " + std::string(parts.hostname) + " (loopback) id B" +
           std::to_string(parts.id) + "; " + mail_date() + "\r\nDate: " + mail_date() +
           "\r\nFrom: " + from + "\r\nTo: " + address(parts.sender) + "\r\nMessage-ID: <bounce-" +
           std::to_string(parts.id) + "@" + std::string(parts.hostname) +
           ">\r\nSubject: " + std::string(subject) + "\r\n";
}

std::string daemon(const BounceParts& parts) {
    return "Mail Delivery System <MAILER-DAEMON@" + std::string(parts.hostname) + ">";
}

std::string report(const BounceParts& parts) {
    const bool late = parts.kind == BounceKind::delayed;
    const std::string status = status_of(parts);
    const std::string boundary = "bounce." + std::to_string(parts.id) + "/loopback";
    const std::string next = "\r\n--" + boundary + "\r\nContent-Type: ";
    const bool whole = parts.request->ret == "FULL";
    std::string text =
        head(parts, daemon(parts), late ? "Delivery is delayed" : "Delivery has failed") +
        "Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
        "Content-Type: multipart/report; report-type=delivery-status;\r\n\tboundary=\"" +
        boundary + "\"\r\n\r\nThis is a report in several parts.\r\n";
    text += next + "text/plain; charset=us-ascii\r\n\r\nThe mail to " + address(parts.recipient) +
            (late ? " waits and will be tried again." : " could not be delivered.") + "\r\n";
    text += next + "message/delivery-status\r\n\r\nReporting-MTA: dns; ";
    text += parts.hostname;
    if (!parts.request->envelope_id.empty()) {
        text += "\r\nOriginal-Envelope-Id: " + parts.request->envelope_id;
    }
    text += "\r\nArrival-Date: " + mail_date() + "\r\n\r\n";
    if (!parts.request->original_recipient.empty()) {
        text += "Original-Recipient: " + parts.request->original_recipient + "\r\n";
    }
    text += "Final-Recipient: rfc822; " + std::string(parts.recipient) +
            "\r\nAction: " + (late ? "delayed" : "failed") + "\r\nStatus: " + status +
            "\r\nDiagnostic-Code: smtp; " + status.substr(0, 1) + "50 " + status +
            " this is what the fault asked for\r\n";
    text += next + (whole ? "message/rfc822\r\n\r\n" : "text/rfc822-headers\r\n\r\n");
    text += whole ? std::string(parts.message) : header_section(parts.message);
    return text + "\r\n--" + boundary + "--\r\n";
}

std::string letter(const BounceParts& parts) {
    return head(parts, "MAILER-DAEMON@" + std::string(parts.hostname), "failure notice") +
           "\r\nHi. This is the qmail-send program at " + std::string(parts.hostname) +
           ".\r\nWhat follows could not be delivered, and nobody will try again.\r\n\r\n" +
           address(parts.recipient) + ":\r\nThe fault wants it so. (#" + status_of(parts) +
           ")\r\n\r\n--- Below this line is a copy of the message.\r\n\r\nReturn-Path: " +
           address(parts.sender) + "\r\n" + std::string(parts.message);
}

std::string answer(const BounceParts& parts) {
    std::string text =
        head(parts, address(parts.recipient), "Re: " + header_value(parts.message, "Subject")) +
        "Auto-Submitted: auto-replied (vacation)\r\nX-Autoreply: yes\r\nPrecedence: bulk\r\n"
        "In-Reply-To: " +
        header_value(parts.message, "Message-ID") + "\r\n\r\nI am on holiday. You wrote:\r\n\r\n";
    std::string_view rest = parts.message;
    while (!rest.empty()) {
        const auto size = std::min(rest.find(kEnd), rest.size());
        text.append("> ").append(rest.substr(0, size)).append(kEnd);
        rest.remove_prefix(std::min(size + kEnd.size(), rest.size()));
    }
    return text;
}

}  // namespace

std::string_view name(BounceKind kind) noexcept {
    return kKinds.at(static_cast<std::size_t>(kind));
}

std::optional<BounceKind> find_bounce_kind(std::string_view text) noexcept {
    const auto* const found = std::find(kKinds.begin(), kKinds.end(), text);
    if (found == kKinds.end()) return std::nullopt;
    return static_cast<BounceKind>(found - kKinds.begin());
}

bool delivers(BounceKind kind) noexcept {
    return kind == BounceKind::delayed || kind == BounceKind::vacation;
}

bool is_failure_status(std::string_view status) noexcept {
    const auto numbers = [](std::string_view text) {
        return !text.empty() && text.size() <= 3 &&
               text.find_first_not_of("0123456789") == std::string_view::npos;
    };
    if (!status.starts_with("4.") && !status.starts_with("5.")) return false;
    status.remove_prefix(2);
    const auto dot = status.find('.');
    return dot != std::string_view::npos && numbers(status.substr(0, dot)) &&
           numbers(status.substr(dot + 1));
}

bool DsnRequest::wants(BounceKind kind) const {
    if (notify.empty() || kind == BounceKind::qmail || kind == BounceKind::vacation) return true;
    const auto* const word = kind == BounceKind::delayed ? "DELAY" : "FAILURE";
    return ("," + notify + ",").find("," + std::string(word) + ",") != std::string::npos;
}

std::string make_bounce(const BounceParts& parts) {
    std::string text = parts.kind == BounceKind::qmail      ? letter(parts)
                       : parts.kind == BounceKind::vacation ? answer(parts)
                                                            : report(parts);
    const std::string tag = header_value(parts.message, "X-Mailprobed-Tag");
    if (parts.kind == BounceKind::forged && tag.size() > kForgedAt) {
        for (auto at = text.find(tag); at != std::string::npos; at = text.find(tag, at + 1))
            text[at + kForgedAt] = tag[kForgedAt] == 'a' ? 'b' : 'a';
    }
    return text;
}

}  // namespace mailprobed::loopback
