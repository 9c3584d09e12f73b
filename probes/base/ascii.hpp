// SPDX-License-Identifier: Apache-2.0
// Small helpers for protocol text: letters without case, words, numbers that may not overflow.
#pragma once

#include <charconv>
#include <concepts>
#include <memory>
#include <optional>
#include <string_view>
#include <system_error>

namespace mailprobed {

/// `c` with A to Z made small; other octets stay, whatever the locale says.
[[nodiscard]] constexpr char ascii_lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// True for 0 to 9.
[[nodiscard]] constexpr bool ascii_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

/// The value of a hexadecimal digit in either case; nothing for other octets.
[[nodiscard]] constexpr std::optional<unsigned> ascii_hex(char c) noexcept {
    if (ascii_digit(c)) return static_cast<unsigned>(c - '0');
    c = ascii_lower(c);
    if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a') + 10U;
    return std::nullopt;
}

/// True for space and tab.
[[nodiscard]] constexpr bool ascii_blank(char c) noexcept {
    return c == ' ' || c == '\t';
}

/// Compares without regard to the case of A to Z.
[[nodiscard]] constexpr bool ascii_iequals(std::string_view a, std::string_view b) noexcept {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (ascii_lower(a[i]) != ascii_lower(b[i])) return false;
    }
    return true;
}

/// `text` without blanks at both ends.
[[nodiscard]] constexpr std::string_view trimmed(std::string_view text) noexcept {
    while (!text.empty() && ascii_blank(text.front())) {
        text.remove_prefix(1);
    }
    while (!text.empty() && ascii_blank(text.back())) {
        text.remove_suffix(1);
    }
    return text;
}

/// Takes the first word off `text`, blanks around it included; empty if there is none.
[[nodiscard]] constexpr std::string_view take_word(std::string_view& text) noexcept {
    text = trimmed(text);
    std::size_t end = 0;
    while (end < text.size() && !ascii_blank(text[end])) {
        ++end;
    }
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(end);
    text = trimmed(text);
    return word;
}

/// The decimal number that `text` is: digits only, no sign; nothing if it does not fit.
template <std::unsigned_integral Number>
[[nodiscard]] std::optional<Number> to_number(std::string_view text) noexcept {
    Number value = 0;
    const char* const end = std::to_address(text.end());
    const auto [stop, error] = std::from_chars(std::to_address(text.begin()), end, value);
    if (error != std::errc{} || stop != end) return std::nullopt;
    return value;
}

}  // namespace mailprobed
