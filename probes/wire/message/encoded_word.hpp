// SPDX-License-Identifier: Apache-2.0
// Encoded words in header fields (RFC 2047), as gateways make them of long or foreign words.
#pragma once

#include <string>
#include <string_view>

namespace mailprobed {

/// `value` with its encoded words replaced by the octets they stand for, whatever the charset;
/// blanks between two of them go (RFC 2047 6.2). What is malformed stays as it is.
[[nodiscard]] std::string words_decoded(std::string_view value);

}  // namespace mailprobed
