// SPDX-License-Identifier: Apache-2.0
// Escapes of single characters; lists of octets and base64 are in octet_lists.cpp.
#include "probes/session/redact/escapes.hpp"

#include "probes/base/ascii.hpp"
#include "probes/session/redact/octet_lists.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace mailprobed {

namespace {

/// A code point and the length of what stands for it; length 0: nothing stands there.
struct Code {
    std::uint32_t value = 0;
    std::size_t size = 0;
    /// The value is an octet as it is, not a character to be written in UTF-8.
    bool octet = false;
    /// The text ends within it.
    bool broken_off = false;
};

constexpr std::uint32_t kMostCodePoint = 0x10ffff;

/// Digits of `base` from `at` on, `least` to `most` of them.
Code digits(std::string_view text, std::size_t at, std::uint32_t base, std::size_t least,
            std::size_t most) {
    Code code;
    while (code.size < most && at + code.size < text.size()) {
        const int digit = hex_value(text[at + code.size]);
        if (digit < 0 || static_cast<std::uint32_t>(digit) >= base) break;
        code.value =
            std::min(code.value * base + static_cast<std::uint32_t>(digit), kMostCodePoint + 1);
        ++code.size;
    }
    if (code.size < least) {
        code.broken_off = at + code.size == text.size();
        code.size = 0;
    }
    return code;
}

/// What `code`, which begins `lead` characters behind the escape's start, makes of the whole.
Code behind(std::size_t lead, Code code, bool octet = false) {
    if (code.size > 0) code.size += lead;
    code.octet = octet;
    return code;
}

/// As behind(), but the digits stand in braces that begin at `at`.
Code braced(std::string_view text, std::size_t at, std::size_t lead) {
    Code code = digits(text, at + 1, 16, 1, 8);
    const std::size_t close = at + 1 + code.size;
    code.broken_off = close >= text.size();
    if (code.broken_off || code.size == 0 || text[close] != '}')
        return {0, 0, false, code.broken_off};
    code.size += lead + 2;
    return code;
}

Code percent_code(std::string_view text, std::size_t at) {
    if (text[at] != '%') return {};
    if (at + 1 < text.size() && ascii_lower(text[at + 1]) == 'u') {
        return behind(2, digits(text, at + 2, 16, 4, 4));
    }
    return behind(1, digits(text, at + 1, 16, 2, 2), true);
}

Code quoted_printable_code(std::string_view text, std::size_t at) {
    if (text[at] != '=') return {};
    return behind(1, digits(text, at + 1, 16, 2, 2), true);
}

using Name = std::pair<std::string_view, std::uint32_t>;
constexpr auto kEntities = std::to_array<Name>(
    {{"amp", '&'},     {"lt", '<'},     {"gt", '>'},     {"quot", '"'},   {"apos", '\''},
     {"nbsp", 0xa0},   {"excl", '!'},   {"num", '#'},    {"dollar", '$'}, {"percnt", '%'},
     {"lpar", '('},    {"rpar", ')'},   {"ast", '*'},    {"plus", '+'},   {"comma", ','},
     {"period", '.'},  {"sol", '/'},    {"colon", ':'},  {"semi", ';'},   {"equals", '='},
     {"quest", '?'},   {"commat", '@'}, {"lsqb", '['},   {"lbrack", '['}, {"bsol", '\\'},
     {"rsqb", ']'},    {"rbrack", ']'}, {"hat", '^'},    {"lowbar", '_'}, {"grave", '`'},
     {"lcub", '{'},    {"lbrace", '{'}, {"verbar", '|'}, {"vert", '|'},   {"rcub", '}'},
     {"rbrace", '}'},  {"tilde", '~'},  {"hyphen", '-'}, {"dash", '-'},   {"tab", '\t'},
     {"newline", '\n'}});
/// From U+00C0 on; the names of capitals begin with one.
constexpr auto kLatin = std::to_array<std::string_view>(
    {"agrave", "aacute", "acirc",  "atilde", "auml",   "aring",  "aelig", "ccedil",
     "egrave", "eacute", "ecirc",  "euml",   "igrave", "iacute", "icirc", "iuml",
     "eth",    "ntilde", "ograve", "oacute", "ocirc",  "otilde", "ouml",  "times",
     "oslash", "ugrave", "uacute", "ucirc",  "uuml",   "yacute", "thorn", "szlig"});

Code named_entity(std::string_view text, std::size_t at) {
    std::size_t size = 1;
    while (at + size < text.size() && size < 9 && ascii_lower(text[at + size]) >= 'a' &&
           ascii_lower(text[at + size]) <= 'z')
        ++size;
    if (at + size == text.size()) return {0, 0, false, true};
    if (text[at + size] != ';' || size == 1) return {};
    std::string name(text.substr(at + 1, size - 1));
    const bool capital = name.front() < 'a';
    std::ranges::transform(name, name.begin(), ascii_lower);
    const auto* const entity = std::ranges::find(kEntities, name, &Name::first);
    if (entity != kEntities.end()) return {entity->second, size + 1};
    const auto* const latin = std::ranges::find(kLatin, name);
    if (latin == kLatin.end()) return {};
    const auto index = static_cast<std::uint32_t>(latin - kLatin.begin());
    // There is no capital szlig, and what stands in its place there is one.
    if (name == "szlig") return {0xdf, size + 1};
    return {(capital ? 0xc0U : 0xe0U) + index, size + 1};
}

Code entity_code(std::string_view text, std::size_t at) {
    if (text[at] != '&') return {};
    if (at + 1 >= text.size() || text[at + 1] != '#') return named_entity(text, at);
    const bool hex = at + 2 < text.size() && ascii_lower(text[at + 2]) == 'x';
    const std::size_t lead = hex ? 3 : 2;
    Code code = behind(lead, digits(text, at + lead, hex ? 16 : 10, 1, 8));
    if (code.size > 0 && at + code.size < text.size() && text[at + code.size] == ';') ++code.size;
    return code;
}

Code unicode_code(std::string_view text, std::size_t at, std::size_t count) {
    if (at + 2 < text.size() && text[at + 2] == '{') return braced(text, at + 2, 2);
    Code high = behind(2, digits(text, at + 2, 16, count, count));
    // JSON writes what lies beyond U+FFFF as two halves (RFC 8259 7).
    if (high.value < 0xd800 || high.value > 0xdbff || high.size == 0) return high;
    const std::size_t second = at + high.size;
    if (text.substr(second, 2) != "\\u") return high;
    const Code low = digits(text, second + 2, 16, 4, 4);
    if (low.value < 0xdc00 || low.value > 0xdfff) return high;
    return {0x10000 + ((high.value - 0xd800) << 10U) + (low.value - 0xdc00), high.size + 6};
}

Code backslash_code(std::string_view text, std::size_t at) {
    if (text[at] != '\\') return {};
    if (at + 1 >= text.size()) return {0, 0, false, true};
    const char kind = text[at + 1];
    if (kind == 'u') return unicode_code(text, at, 4);
    if (kind == 'U') return behind(2, digits(text, at + 2, 16, 8, 8));
    if (kind == 'x' && at + 2 < text.size() && text[at + 2] == '{') return braced(text, at + 2, 2);
    if (kind == 'x' || kind == 'X') return behind(2, digits(text, at + 2, 16, 1, 2), true);
    if (kind >= '0' && kind <= '7') return behind(1, digits(text, at + 1, 8, 1, 3), true);
    constexpr std::string_view kControls = "abefnrtvZ";
    if (kControls.find(kind) != std::string_view::npos) return {' ', 2};
    return {static_cast<unsigned char>(kind), 2, true};
}

Code shell_quotes_code(std::string_view text, std::size_t at) {
    for (const std::string_view quote : {R"('\'')", R"('"'"')"}) {
        if (text.substr(at).starts_with(quote)) return {'\'', quote.size()};
    }
    return {};
}

Code shell_code(std::string_view text, std::size_t at) {
    if (text[at] != '\\') return {};
    if (at + 1 >= text.size()) return {0, 0, false, true};
    return {static_cast<unsigned char>(text[at + 1]), 2, true};
}

Code doubled_code(std::string_view text, std::size_t at) {
    constexpr std::string_view kDoubled = "'\"%$`";
    if (kDoubled.find(text[at]) == std::string_view::npos) return {};
    if (at + 1 >= text.size() || text[at + 1] != text[at]) return {};
    return {static_cast<unsigned char>(text[at]), 2};
}

Code plus_code(std::string_view text, std::size_t at) {
    return text[at] == '+' ? Code{' ', 1} : Code{};
}

void append_utf8(std::string& out, std::uint32_t point) {
    const auto add = [&out](std::uint32_t octet) { out += static_cast<char>(octet); };
    if (point < 0x80) {
        add(point);
    } else if (point < 0x800) {
        add(0xc0 | (point >> 6U));
        add(0x80 | (point & 0x3fU));
    } else if (point < 0x10000) {
        add(0xe0 | (point >> 12U));
        add(0x80 | ((point >> 6U) & 0x3fU));
        add(0x80 | (point & 0x3fU));
    } else {
        add(0xf0 | (point >> 18U));
        add(0x80 | ((point >> 12U) & 0x3fU));
        add(0x80 | ((point >> 6U) & 0x3fU));
        add(0x80 | (point & 0x3fU));
    }
}

using Reader = Code (*)(std::string_view, std::size_t);

std::optional<Skeleton> read_back(const Skeleton& skeleton, std::string_view leads, Reader reader) {
    const std::string_view all = skeleton.octets;
    std::size_t at = all.find_first_of(leads);
    Code code;
    while (at != std::string_view::npos) {
        code = reader(all, at);
        if (code.size > 0 || code.broken_off) break;
        at = all.find_first_of(leads, at + 1);
    }
    if (at == std::string_view::npos) return std::nullopt;
    Skeleton result;
    result.without_prefixes = skeleton.without_prefixes;
    result.octets.reserve(all.size());
    result.sources.reserve(all.size());
    std::string octets;
    const auto blank = [&result] {
        result.blanks.push_back(static_cast<std::uint32_t>(result.octets.size()));
    };
    for (std::size_t i = 0; i < all.size();) {
        code = i < at ? Code{} : reader(all, i);
        // What is broken off would hide that a secret began before it.
        if (code.broken_off) break;
        octets.clear();
        // One that is read back counts as little as any other control does.
        const bool plain = code.size == 0;
        if (plain) {
            octets = all[i];
            code.size = 1;
        } else if (code.octet) {
            octets = static_cast<char>(code.value);
        } else if (code.value <= kMostCodePoint && code.value != 0xa0) {
            append_utf8(octets, code.value);
        }
        const std::pair source{skeleton.sources[i].first,
                               skeleton.sources[i + code.size - 1].second};
        if (std::ranges::binary_search(skeleton.blanks, static_cast<std::uint32_t>(i))) blank();
        if (octets.empty() || octets == " ") blank();
        for (const char c : octets) {
            if (folded(c) == 0 && !(plain && c == kApart)) continue;
            result.octets += c;
            result.sources.push_back(source);
        }
        i += code.size;
    }
    return result;
}

/// = at the end of a line only says that the line goes on.
Skeleton without_soft_breaks(const Skeleton& skeleton, std::string_view text) {
    Skeleton result;
    result.without_prefixes = skeleton.without_prefixes;
    for (std::size_t i = 0; i < skeleton.octets.size(); ++i) {
        const std::size_t end = skeleton.sources[i].second;
        const std::string_view rest = text.substr(std::min(end, text.size()), 2);
        const bool ends_line = rest.starts_with('\n') || rest == "\r\n";
        if (skeleton.octets[i] == '=' && ends_line) continue;
        result.octets += skeleton.octets[i];
        result.sources.push_back(skeleton.sources[i]);
    }
    return result;
}

std::optional<Skeleton> quoted_printable(const Skeleton& skeleton, std::string_view text) {
    if (skeleton.octets.find('=') == std::string::npos) return std::nullopt;
    if (text.find("=\n") == std::string_view::npos && text.find("=\r") == std::string_view::npos) {
        return read_back(skeleton, "=", quoted_printable_code);
    }
    Skeleton joined = without_soft_breaks(skeleton, text);
    auto result = read_back(joined, "=", quoted_printable_code);
    return result ? std::move(result) : std::optional(std::move(joined));
}

}  // namespace

std::optional<Skeleton> unescaped(const Skeleton& skeleton, std::string_view text, Escape escape) {
    switch (escape) {
        case Escape::percent:
            return read_back(skeleton, "%", percent_code);
        case Escape::plus:
            return read_back(skeleton, "+", plus_code);
        case Escape::entity:
            return read_back(skeleton, "&", entity_code);
        case Escape::backslash:
            return read_back(skeleton, "\\", backslash_code);
        case Escape::shell:
            return read_back(skeleton, "\\", shell_code);
        case Escape::shell_quotes:
            return read_back(skeleton, "'", shell_quotes_code);
        case Escape::quoted_printable:
            return quoted_printable(skeleton, text);
        case Escape::doubled:
            return read_back(skeleton, "'\"%$`", doubled_code);
        case Escape::hex_list:
        case Escape::decimal_list:
        case Escape::octal_list:
            return octet_list(skeleton, escape);
        case Escape::base64:
            return base64_words(skeleton, text);
    }
    return std::nullopt;
}

}  // namespace mailprobed
