// SPDX-License-Identifier: Apache-2.0
// Skipping comments and quoted strings.
#include "probes/wire/message/comments.hpp"

#include <algorithm>

namespace mailprobed {

std::size_t comment_end(std::string_view text, std::size_t at) noexcept {
    std::size_t depth = 0;
    for (; at < text.size(); ++at) {
        if (text[at] == '\\') {
            ++at;
        } else if (text[at] == '(') {
            ++depth;
        } else if (text[at] == ')' && --depth == 0) {
            return at + 1;
        }
    }
    return std::string_view::npos;
}

std::size_t quoted_end(std::string_view text, std::size_t at) noexcept {
    for (++at; at < text.size(); ++at) {
        if (text[at] == '\\') {
            ++at;
        } else if (text[at] == '"') {
            return at + 1;
        }
    }
    return std::string_view::npos;
}

bool skip_comments(std::string_view& text) noexcept {
    for (;;) {
        text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
        if (!text.starts_with('(')) return true;
        const std::size_t end = comment_end(text, 0);
        text.remove_prefix(std::min(end, text.size()));
        if (end == std::string_view::npos) return false;
    }
}

std::string_view take_clause(std::string_view& text, char separator) noexcept {
    std::size_t at = 0;
    while (at < text.size() && text[at] != separator) {
        const std::size_t next = text[at] == '('   ? comment_end(text, at)
                                 : text[at] == '"' ? quoted_end(text, at)
                                                   : at + 1;
        at = std::min(next, text.size());
    }
    const std::string_view clause = text.substr(0, at);
    text.remove_prefix(std::min(at + 1, text.size()));
    return clause;
}

}  // namespace mailprobed
