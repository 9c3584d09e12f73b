// SPDX-License-Identifier: Apache-2.0
// Escaping, one UTF-8 character at a time.
#include "probes/base/escape.hpp"

#include "probes/base/text.hpp"

#include <algorithm>

namespace mailprobed {

namespace {

void add_octet(std::string& out, char octet) {
    out += "\\x";
    append_hex(out, static_cast<unsigned char>(octet), 2);
}

void add_character(std::string& out, std::string_view bytes, char32_t value) {
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
    } else if (is_control(value)) {
        out += "\\u{";
        append_hex(out, value, 4);
        out += '}';
    } else {
        out += bytes;
    }
}

bool is_utf8(std::string_view text) noexcept {
    while (!text.empty()) {
        const CodePoint c = first_code_point(text);
        if (!c.valid) return false;
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
        CodePoint c = first_code_point(octets);
        if (!c.valid || (c.size > 1 && !utf8)) {
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
