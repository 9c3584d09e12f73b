// SPDX-License-Identifier: Apache-2.0
// Checks that a file is text at all, before a YAML parser sees it.
#pragma once

#include "config/load/problem.hpp"

#include <cstddef>
#include <string_view>

namespace mailprobed {

/// The longest line that is read, in bytes.
inline constexpr std::size_t kConfigLineLimit = 16'384;

/// True if `text` is UTF-8 without control characters, endless lines and odd spaces in front of
/// lines or behind their keys; else the first offence is noted as an error.
[[nodiscard]] bool is_plain_text(std::string_view text, ProblemList& problems);

/// How messages call the character at the start of `text` if it looks like a space and YAML takes
/// it for a letter: "a no-break space (U+00A0)"; else empty.
[[nodiscard]] std::string_view odd_space(std::string_view text) noexcept;

/// The same for a quote that is none in YAML: "a typographic quote (U+201C)".
[[nodiscard]] std::string_view odd_quote(std::string_view text) noexcept;

/// How messages call the byte order mark at the start of `text`; empty if there is none.
[[nodiscard]] std::string_view byte_order_mark(std::string_view text) noexcept;

/// The length of the UTF-8 character at the start of `text`, 0 if there is none (RFC 3629).
[[nodiscard]] std::size_t utf8_character(std::string_view text) noexcept;

/// True if the quoted scalar whose node starts `text` ends too: the parser takes the end of the
/// file for a closing quote. Also true if `text` starts with anything else.
[[nodiscard]] bool quote_closed(std::string_view text) noexcept;

}  // namespace mailprobed
