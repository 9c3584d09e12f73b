// SPDX-License-Identifier: Apache-2.0
// Checks of additional headers and labels.
#include "config/load/syntax.hpp"

#include <algorithm>
#include <array>

namespace mailprobed {

namespace {

constexpr std::size_t kMostHeaderName = 76;
/// Name, colon and value stay within the 998 bytes of RFC 5322 2.1.1.
constexpr std::size_t kMostHeaderValue = 900;
constexpr std::size_t kMostLabel = 128;

/// Set by the composer, by servers on the way, or answered by other programs.
constexpr auto kReservedHeaders = std::to_array<std::string_view>(
    {"from", "sender", "to", "cc", "bcc", "subject", "date", "message-id", "in-reply-to",
     "references", "mime-version", "auto-submitted", "x-auto-response-suppress", "return-path",
     "received", "delivered-to", "disposition-notification-to", "return-receipt-to"});
constexpr auto kReservedPrefixes =
    std::to_array<std::string_view>({"content-", "resent-", "x-mailprobed-"});

}  // namespace

std::optional<Complaint> check_header_name(std::string_view text) {
    const bool well_formed =
        !text.empty() && text.size() <= kMostHeaderName &&
        std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f && c != ':'; });
    if (!well_formed) {
        return Complaint{"is not the name of a header",
                         "1 to 76 printable ASCII characters without space and colon"};
    }
    const std::string name = lower_case(text);
    const bool reserved = std::ranges::find(kReservedHeaders, name) != kReservedHeaders.end() ||
                          std::ranges::any_of(kReservedPrefixes, [&](std::string_view prefix) {
                              return name.starts_with(prefix);
                          });
    if (reserved) {
        return Complaint{"is a header that mailprobed or a mail server sets",
                         "another name, such as X-Team"};
    }
    return std::nullopt;
}

std::optional<Complaint> check_header_value(std::string_view text) {
    if (has_controls(text)) {
        return Complaint{"holds a control character (CR, LF, NUL, tab, ...)", "one line of text"};
    }
    if (std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) > 0x7e; })) {
        return Complaint{"is not ASCII", "ASCII, other characters as encoded words (RFC 2047)"};
    }
    if (text.size() > kMostHeaderValue) return Complaint{"is too long", "at most 900 bytes"};
    return std::nullopt;
}

std::optional<Complaint> check_label_name(std::string_view text) {
    const auto letter = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    };
    const auto digit = [](char c) { return c >= '0' && c <= '9'; };
    const bool well_formed =
        !text.empty() && text.size() <= kMostLabel && letter(text.front()) &&
        !text.starts_with("__") &&
        std::ranges::all_of(text, [&](char c) { return letter(c) || digit(c); });
    if (!well_formed) {
        return Complaint{"is not the name of a Prometheus label",
                         "letters, digits and _, no digit first, not __ first"};
    }
    if (text == "probe" || text == "from" || text == "to" || text == "mailbox") {
        return Complaint{"is a label that mailprobed_probe_info has already",
                         "a name other than probe, from, to and mailbox"};
    }
    return std::nullopt;
}

std::optional<Complaint> check_label_value(std::string_view text) {
    if (has_controls(text)) {
        return Complaint{"holds a control character (CR, LF, NUL, tab, ...)", "one line of text"};
    }
    if (text.size() > kMostLabel) return Complaint{"is too long", "at most 128 bytes"};
    return std::nullopt;
}

}  // namespace mailprobed
