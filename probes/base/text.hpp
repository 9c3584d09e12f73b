// SPDX-License-Identifier: Apache-2.0
// Text that came from outside, made fit for a log line, a label value, a terminal or a page.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace mailprobed {

/// One decoded character of UTF-8.
struct CodePoint {
    /// U+FFFD where the bytes are malformed.
    char32_t value = 0;
    /// Bytes consumed, at least 1.
    std::size_t size = 1;
    bool valid = true;
};

/// The first character of `text`, which must not be empty (RFC 3629: no surrogates, no overlong
/// forms, nothing above U+10FFFF).
[[nodiscard]] CodePoint first_code_point(std::string_view text) noexcept;

/// True for characters that would break a line, move a cursor or reorder text: C0, DEL, C1,
/// line and paragraph separators, bidirectional controls, the byte order mark.
[[nodiscard]] bool is_control(char32_t c) noexcept;

/// Appends `c` as UTF-8.
void append_utf8(std::string& out, char32_t c);

/// Appends the last `digits` hexadecimal digits of `value`, in lower case.
void append_hex(std::string& out, char32_t value, std::size_t digits);

/// `text` with every malformed part replaced by U+FFFD.
[[nodiscard]] std::string to_valid_utf8(std::string_view text);

/// `text` as valid UTF-8 on one line: controls become \uXXXX.
[[nodiscard]] std::string printable(std::string_view text);

/// `text` as valid UTF-8 with the five characters that HTML gives a meaning escaped.
[[nodiscard]] std::string html_escaped(std::string_view text);

/// The longest prefix of `text` with at most `max` bytes that does not split a character.
[[nodiscard]] std::string_view capped(std::string_view text, std::size_t max) noexcept;

}  // namespace mailprobed
