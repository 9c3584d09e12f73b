// SPDX-License-Identifier: Apache-2.0
// UTF-8 and control characters. The YAML parser takes 0x04 for the end of the file and replaces
// what is not UTF-8, both without a word; so neither may reach it.
#include "config/plain_text.hpp"

#include <algorithm>
#include <cstdint>

namespace mailprobed {

std::size_t utf8_character(std::string_view text) noexcept {
    if (text.empty()) return 0;
    const auto byte = [text](std::size_t i) {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
    };
    const std::uint32_t first = byte(0);
    if (first < 0x80) return 1;
    const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4) return 0;
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xc0) != 0x80) return 0;
    }
    const std::uint32_t second = byte(1);
    // Overlong forms, surrogates, and what lies beyond U+10FFFF.
    if (first == 0xe0 && second < 0xa0) return 0;
    if (first == 0xed && second > 0x9f) return 0;
    if (first == 0xf0 && second < 0x90) return 0;
    if (first == 0xf4 && second > 0x8f) return 0;
    return length;
}

bool is_plain_text(std::string_view text, ProblemList& problems) {
    ConfigPlace place;
    while (!text.empty()) {
        const auto byte = static_cast<unsigned char>(text.front());
        const std::size_t length = utf8_character(text);
        if (length == 0) {
            problems.error(place, "a byte that is not UTF-8", "UTF-8 text");
            return false;
        }
        if ((byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r') || byte == 0x7f) {
            problems.error(place, "a control character", "printable UTF-8 text");
            return false;
        }
        if (place.column > static_cast<int>(kConfigLineLimit)) {
            problems.error(place, "a line longer than 16384 bytes", "shorter lines");
            return false;
        }
        if (byte == '\n') {
            ++place.line;
            place.column = 1;
        } else {
            place.column += static_cast<int>(length);
        }
        text.remove_prefix(length);
    }
    return true;
}

bool quote_closed(std::string_view text) noexcept {
    // Properties (an anchor, a tag) may stand before the quote.
    while (!text.empty() && (text.front() == '&' || text.front() == '!')) {
        text.remove_prefix(std::min(text.size(), text.find_first_of(" \t\r\n")));
        text.remove_prefix(std::min(text.size(), text.find_first_not_of(" \t\r\n")));
    }
    if (text.empty() || (text.front() != '"' && text.front() != '\'')) return true;
    const char quote = text.front();
    for (std::size_t i = 1; i < text.size(); ++i) {
        if (quote == '"' && text[i] == '\\') {
            ++i;
        } else if (text[i] == quote) {
            const bool doubled = quote == '\'' && i + 1 < text.size() && text[i + 1] == quote;
            if (!doubled) return true;
            ++i;
        }
    }
    return false;
}

}  // namespace mailprobed
