// SPDX-License-Identifier: Apache-2.0
// UTF-8 and control characters. The YAML parser takes 0x04 for the end of the file and replaces
// what is not UTF-8, both without a word; so neither may reach it.
#include "config/load/plain_text.hpp"

#include "probes/base/text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <utility>

namespace mailprobed {

namespace {

using Names = std::pair<std::string_view, std::string_view>;

/// What copied web pages and word processors put in place of a space.
constexpr auto kOddSpaces = std::to_array<Names>({{"\xc2\xa0", "a no-break space (U+00A0)"},
                                                  {"\xe2\x80\x87", "a figure space (U+2007)"},
                                                  {"\xe2\x80\x89", "a thin space (U+2009)"},
                                                  {"\xe2\x80\x8b", "a zero-width space (U+200B)"},
                                                  {"\xe2\x80\xaf", "a no-break space (U+202F)"},
                                                  {"\xe3\x80\x80", "a wide space (U+3000)"},
                                                  {"\xef\xbb\xbf", "a byte order mark (U+FEFF)"}});
constexpr auto kOddQuotes = std::to_array<Names>({{"\xe2\x80\x98", "a typographic quote (U+2018)"},
                                                  {"\xe2\x80\x99", "a typographic quote (U+2019)"},
                                                  {"\xe2\x80\x9a", "a typographic quote (U+201A)"},
                                                  {"\xe2\x80\x9c", "a typographic quote (U+201C)"},
                                                  {"\xe2\x80\x9d", "a typographic quote (U+201D)"},
                                                  {"\xe2\x80\x9e", "a typographic quote (U+201E)"},
                                                  {"\xc2\xab", "a typographic quote (U+00AB)"},
                                                  {"\xc2\xbb", "a typographic quote (U+00BB)"}});
constexpr auto kMarks = std::to_array<Names>({{"\xef\xbb\xbf", "a byte order mark (UTF-8)"},
                                              {"\xff\xfe", "a byte order mark (UTF-16)"},
                                              {"\xfe\xff", "a byte order mark (UTF-16)"}});

template <class Table>
std::string_view named(std::string_view text, const Table& table) noexcept {
    const auto found = std::ranges::find_if(
        table, [text](const Names& names) { return text.starts_with(names.first); });
    return found == table.end() ? std::string_view{} : found->second;
}

/// Where in a line the next character stands, as far as spaces matter there.
enum class Spot : std::uint8_t { indentation, key, behind_colon, elsewhere };

Spot spot_after(Spot spot, char c) noexcept {
    if (c == '\n') return Spot::indentation;
    if (spot == Spot::indentation && (c == ' ' || c == '-' || c == '{' || c == '\t')) return spot;
    const bool of_key = (c >= 'a' && c <= 'z') || c == '_';
    if ((spot == Spot::indentation || spot == Spot::key) && of_key) return Spot::key;
    if (spot == Spot::key && c == ':') return Spot::behind_colon;
    return spot == Spot::behind_colon && c == ' ' ? spot : Spot::elsewhere;
}

}  // namespace

std::string_view odd_space(std::string_view text) noexcept {
    return named(text, kOddSpaces);
}

std::string_view odd_quote(std::string_view text) noexcept {
    return named(text, kOddQuotes);
}

std::string_view byte_order_mark(std::string_view text) noexcept {
    return named(text, kMarks);
}

std::size_t utf8_character(std::string_view text) noexcept {
    if (text.empty()) return 0;
    const CodePoint c = first_code_point(text);
    return c.valid ? c.size : 0;
}

bool is_plain_text(std::string_view text, ProblemList& problems) {
    ConfigPlace place;
    Spot spot = Spot::indentation;
    // PowerShell writes it; without the mark every other octet of Western text is NUL.
    if (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff") ||
        (text.size() > 1 && (text[0] == '\0') != (text[1] == '\0'))) {
        problems.error(place, "UTF-16 text", "the file saved as UTF-8");
        return false;
    }
    while (!text.empty()) {
        const auto byte = static_cast<unsigned char>(text.front());
        const std::size_t length = utf8_character(text);
        if (const auto name = odd_space(text); !name.empty() && spot != Spot::elsewhere) {
            const bool indents = spot == Spot::indentation;
            problems.error(place,
                           std::string(name) + (indents ? " in the indentation" : " beside a key"),
                           indents ? "plain spaces" : "a plain space");
            return false;
        }
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
        spot = spot_after(spot, text.front());
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
