// SPDX-License-Identifier: Apache-2.0
// Escaping, one UTF-8 character at a time.
#include "probes/wire/escape.hpp"

#include <algorithm>
#include <cstdint>

namespace mailprobed {

namespace {

struct Character {
    std::uint32_t value = 0;
    // Octets it takes; 0 if the octets are not UTF-8.
    std::size_t size = 0;
};

Character decode(std::string_view text) noexcept {
    const auto at = [&](std::size_t i) -> std::uint32_t {
        return static_cast<unsigned char>(text[i]);
    };
    const std::uint32_t first = at(0);
    if (first < 0x80) return {first, 1};
    const std::size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || text.size() < size) return {};
    std::uint32_t value = first & (0x7fU >> size);
    for (std::size_t i = 1; i < size; ++i) {
        if ((at(i) & 0xc0U) != 0x80) return {};
        value = value << 6U | (at(i) & 0x3fU);
    }
    constexpr std::uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
    if (value < kLeast[size] || value > 0x10ffff) return {};
    if (value >= 0xd800 && value <= 0xdfff) return {};
    return {value, size};
}

// Separators of lines, marks and overrides of direction, the byte order mark.
bool disturbs(std::uint32_t c) noexcept {
    return (c >= 0x80 && c < 0xa0) || c == 0x2028 || c == 0x2029 || (c >= 0x202a && c <= 0x202e) ||
           (c >= 0x2066 && c <= 0x2069) || c == 0x200e || c == 0x200f || c == 0x061c || c == 0xfeff;
}

void add_hex(std::string& out, std::uint32_t value, int digits) {
    constexpr std::string_view kHex = "0123456789abcdef";
    for (int shift = (digits - 1) * 4; shift >= 0; shift -= 4) {
        out += kHex[value >> static_cast<unsigned>(shift) & 15U];
    }
}

void add_octet(std::string& out, char octet) {
    out += "\\x";
    add_hex(out, static_cast<unsigned char>(octet), 2);
}

void add_character(std::string& out, std::string_view bytes, std::uint32_t value) {
    if (value == '\\') {
        out += "\\\\";
    } else if (value == '\n') {
        out += "\\n";
    } else if (value == '\r') {
        out += "\\r";
    } else if (value == '\t') {
        out += "\\t";
    } else if (value < 0x20 || value == 0x7f) {
        add_octet(out, bytes.front());
    } else if (disturbs(value)) {
        out += "\\u{";
        add_hex(out, value, 4);
        out += '}';
    } else {
        out += bytes;
    }
}

bool is_utf8(std::string_view text) noexcept {
    while (!text.empty()) {
        const Character c = decode(text);
        if (c.size == 0) return false;
        text.remove_prefix(c.size);
    }
    return true;
}

bool is_plain(char c) noexcept {
    return c >= ' ' && c < '\x7f' && c != '\\';
}

}  // namespace

std::string escaped(std::string_view octets, std::size_t max) {
    // Nearly all replies are plain ASCII.
    if (octets.size() <= max && std::ranges::all_of(octets, is_plain)) return std::string(octets);
    const bool utf8 = is_utf8(octets);
    std::string out;
    while (!octets.empty()) {
        const std::size_t before = out.size();
        Character c = decode(octets);
        if (c.size == 0 || (c.size > 1 && !utf8)) {
            add_octet(out, octets.front());
            c.size = 1;
        } else {
            add_character(out, octets.substr(0, c.size), c.value);
        }
        if (out.size() > max) {
            out.resize(before);
            return out += "...";
        }
        octets.remove_prefix(c.size);
    }
    return out;
}

}  // namespace mailprobed
