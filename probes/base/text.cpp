// SPDX-License-Identifier: Apache-2.0
// A strict UTF-8 decoder and the three escapes built on it.
#include "probes/base/text.hpp"

namespace mailprobed {

namespace {

constexpr char32_t kReplacement = 0xFFFD;

/// Length and lowest allowed value of a sequence, from its first byte; length 0: cannot begin one.
struct Lead {
    std::size_t size;
    char32_t bits;
    char32_t least;
};

Lead lead(unsigned char byte) noexcept {
    if (byte < 0x80) return {1, byte, 0};
    if (byte < 0xC2) return {0, 0, 0};
    if (byte < 0xE0) return {2, static_cast<char32_t>(byte & 0x1FU), 0x80};
    if (byte < 0xF0) return {3, static_cast<char32_t>(byte & 0x0FU), 0x800};
    if (byte < 0xF5) return {4, static_cast<char32_t>(byte & 0x07U), 0x10000};
    return {0, 0, 0};
}

}  // namespace

CodePoint first_code_point(std::string_view text) noexcept {
    const Lead first = lead(static_cast<unsigned char>(text.front()));
    if (first.size == 0) return {kReplacement, 1, false};
    char32_t value = first.bits;
    for (std::size_t i = 1; i < first.size; ++i) {
        const auto byte = i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
        if ((byte & 0xC0U) != 0x80U) return {kReplacement, i, false};
        value = (value << 6U) | (byte & 0x3FU);
    }
    const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
    if (value < first.least || value > 0x10FFFF || surrogate) {
        return {kReplacement, first.size, false};
    }
    return {value, first.size, true};
}

bool is_control(char32_t c) noexcept {
    if (c < 0x20 || (c >= 0x7F && c < 0xA0)) return true;
    return c == 0x061C || c == 0x200E || c == 0x200F || c == 0xFEFF ||
           (c >= 0x2028 && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

void append_utf8(std::string& out, char32_t c) {
    const auto byte = [&out](char32_t value) { out.push_back(static_cast<char>(value)); };
    if (c < 0x80) {
        byte(c);
    } else if (c < 0x800) {
        byte(0xC0U | (c >> 6U));
        byte(0x80U | (c & 0x3FU));
    } else if (c < 0x10000) {
        byte(0xE0U | (c >> 12U));
        byte(0x80U | ((c >> 6U) & 0x3FU));
        byte(0x80U | (c & 0x3FU));
    } else {
        byte(0xF0U | (c >> 18U));
        byte(0x80U | ((c >> 12U) & 0x3FU));
        byte(0x80U | ((c >> 6U) & 0x3FU));
        byte(0x80U | (c & 0x3FU));
    }
}

void append_hex(std::string& out, char32_t value, std::size_t digits) {
    constexpr std::string_view kHex = "0123456789abcdef";
    for (std::size_t digit = digits; digit > 0; --digit)
        out.push_back(kHex[value >> (4 * (digit - 1)) & 15U]);
}

std::string to_valid_utf8(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const CodePoint c = first_code_point(text);
        append_utf8(out, c.value);
        text.remove_prefix(c.size);
    }
    return out;
}

std::string printable(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const CodePoint c = first_code_point(text);
        if (is_control(c.value)) {
            out += "\\u";
            append_hex(out, c.value, 4);
        } else {
            append_utf8(out, c.value);
        }
        text.remove_prefix(c.size);
    }
    return out;
}

std::string html_escaped(std::string_view text) {
    std::string out;
    for (const char c : to_valid_utf8(text)) {
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            case '\'':
                out += "&#39;";
                break;
            default:
                out.push_back(c);
        }
    }
    return out;
}

std::string_view capped(std::string_view text, std::size_t max) noexcept {
    if (text.size() <= max) return text;
    // At most three continuation bytes lie between a cut and the start of its character.
    std::size_t cut = max;
    while (cut > 0 && max - cut < 3 && (static_cast<unsigned char>(text[cut]) & 0xC0U) == 0x80U) {
        --cut;
    }
    return text.substr(0, cut);
}

}  // namespace mailprobed
