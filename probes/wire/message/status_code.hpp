// SPDX-License-Identifier: Apache-2.0
// Enhanced status codes (RFC 3463 2) and reply codes in free text.
#pragma once

#include <cstddef>
#include <string_view>

namespace mailprobed {

/// The first code such as "5.1.1" (class 2, 4 or 5) at or behind `from` that stands alone, as part
/// of `text`; empty if there is none. "5.1.1.1" and "v5.1.1" are none.
[[nodiscard]] std::string_view find_status_code(std::string_view text,
                                                std::size_t from = 0) noexcept;

/// The first reply code such as "550" (class 4 or 5) at or behind `from` that stands where a server
/// is quoted: at the beginning of a line, behind a colon, a bracket or a word such as "said", and
/// before an enhanced code or words. Telephone and case numbers, amounts and streets are none.
[[nodiscard]] std::string_view find_reply_code(std::string_view text,
                                               std::size_t from = 0) noexcept;

}  // namespace mailprobed
