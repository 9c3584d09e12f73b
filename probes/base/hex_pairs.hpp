// SPDX-License-Identifier: Apache-2.0
// Octets written as a mark and two hexadecimal digits.
#pragma once

#include <string>
#include <string_view>

namespace mailprobed {

/// `text` with each `mark` and two hexadecimal digits behind it replaced by the octet that they
/// name ('=' of RFC 2045 6.7, '%' of RFC 2231 4, '+' of RFC 3461 4); all else stays.
[[nodiscard]] std::string hex_pairs_decoded(std::string_view text, char mark);

}  // namespace mailprobed
