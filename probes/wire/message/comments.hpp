// SPDX-License-Identifier: Apache-2.0
// Comments and folding blanks of structured header fields (RFC 5322 3.2.2), without recursion.
#pragma once

#include <cstddef>
#include <string_view>

namespace mailprobed {

/// The position behind the comment that begins with the parenthesis at `at`; npos if it never
/// ends. Comments nest to any depth.
[[nodiscard]] std::size_t comment_end(std::string_view text, std::size_t at) noexcept;

/// The position behind the quoted string that begins at `at`; npos if it never ends.
[[nodiscard]] std::size_t quoted_end(std::string_view text, std::size_t at) noexcept;

/// Takes blanks, line ends and comments off the front; false, and `text` empty, if a comment never
/// ends.
bool skip_comments(std::string_view& text) noexcept;

/// Takes off what stands before the next `separator` outside comments and quoted strings, and the
/// separator itself; a comment or string that never ends takes all the rest.
[[nodiscard]] std::string_view take_clause(std::string_view& text, char separator) noexcept;

}  // namespace mailprobed
