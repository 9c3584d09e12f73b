// SPDX-License-Identifier: Apache-2.0
// Any octets as text that is safe to show: valid UTF-8, one line, nothing that moves a cursor.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace mailprobed {

/// The most that escaped() makes unless told otherwise: a whole line of a server, half escaped.
inline constexpr std::size_t kMaxEscaped = 8192;

/// `octets` as valid UTF-8 without control characters: controls and reordering characters become
/// \n, \xNN or \u{N}, a backslash becomes two. If any part is not UTF-8, so is nothing above ASCII
/// (GBK holds accidental UTF-8): each such octet becomes \xNN. At most `max` octets, then "...".
[[nodiscard]] std::string escaped(std::string_view octets, std::size_t max = kMaxEscaped);

}  // namespace mailprobed
