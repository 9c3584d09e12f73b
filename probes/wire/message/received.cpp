// SPDX-License-Identifier: Apache-2.0
// "from NAME (comments) by NAME with ... ; DATE", in all the ways programs spell it.
#include "probes/wire/message/received.hpp"

#include "probes/base/ascii.hpp"
#include "probes/base/escape.hpp"
#include "probes/wire/message/comments.hpp"
#include "probes/wire/message/mail_date.hpp"

#include <algorithm>
#include <string_view>

namespace mailprobed {
namespace {

// escaped() may add three dots.
constexpr std::size_t kMaxName = 252;

/// The last semicolon outside comments; npos if there is none.
std::size_t last_semicolon(std::string_view text) noexcept {
    std::size_t found = std::string_view::npos;
    for (std::size_t at = 0; at < text.size();) {
        if (text[at] == ';') found = at;
        at = text[at] == '(' ? std::min(comment_end(text, at), text.size()) : at + 1;
    }
    return found;
}

/// The next word outside comments; empty at the end.
std::string_view take_token(std::string_view& text) noexcept {
    if (!skip_comments(text)) return {};
    const std::size_t end = std::min(text.find_first_of(" \t\r\n(;"), text.size());
    const std::string_view token = text.substr(0, end);
    text.remove_prefix(end);
    return token;
}

Hop read_hop(std::string_view value) {
    Hop hop;
    const std::size_t semicolon = last_semicolon(value);
    if (semicolon != std::string_view::npos) {
        hop.at = parse_mail_date(value.substr(semicolon + 1));
        value = value.substr(0, semicolon);
    }
    bool first = true;
    for (std::string_view word = take_token(value); !word.empty(); first = false) {
        std::string_view next = take_token(value);
        // "from" stands first or is none of the field's own words; its name may be missing.
        if (first && ascii_iequals(word, "from") && !ascii_iequals(next, "by")) {
            hop.from = escaped(next, kMaxName);
            next = take_token(value);
        } else if (ascii_iequals(word, "by")) {
            hop.by = escaped(next, kMaxName);
            return hop;
        }
        word = next;
    }
    return hop;
}

}  // namespace

std::vector<Hop> received_hops(const MailHeaders& headers) {
    std::vector<Hop> hops;
    for (const HeaderField& field : headers.fields()) {
        if (!ascii_iequals(field.name, "Received")) continue;
        hops.push_back(read_hop(field.value));
        if (hops.size() == kMaxHops) break;
    }
    return hops;
}

}  // namespace mailprobed
