// SPDX-License-Identifier: Apache-2.0
// An input as a mail.
#pragma once

#include "probes/wire/message/mail_headers.hpp"
#include "tests/fuzz/support/fuzz.hpp"

#include <string>

namespace mailprobed::fuzz {

/// Header section and body; both may be empty.
struct Mail {
    MailHeaders headers;
    std::string_view body;
};

/// Splits `text` at its first empty line.
[[nodiscard]] inline Mail read_mail(std::string_view text) {
    Mail mail;
    while (!text.empty()) {
        const std::size_t size = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, size);
        text.remove_prefix(std::min(size + 1, text.size()));
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.empty()) break;
        mail.headers.add_line(line);
    }
    mail.body = text;
    return mail;
}

/// `text` with line ends of LF, no other CR, or with CRLF.
[[nodiscard]] inline std::string with_line_ends(std::string_view text, std::string_view end) {
    std::string result;
    for (const char c : text) {
        if (c == '\n') result += end;
        if (c != '\n' && c != '\r') result += c;
    }
    return result;
}

/// True if nothing in `text` ends a line or moves a cursor.
[[nodiscard]] inline bool safe_to_show(std::string_view text) {
    return std::ranges::none_of(text, [](char c) {
        const auto octet = static_cast<unsigned char>(c);
        return octet < ' ' || octet == 0x7f;
    });
}

}  // namespace mailprobed::fuzz
