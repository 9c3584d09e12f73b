// SPDX-License-Identifier: Apache-2.0
// A message as it goes over the wire after DATA (RFC 5321 4.5.2).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mailprobed {

/// `message` dot-stuffed and with the final ".CRLF". Nothing if it holds a CR or LF that is not
/// part of CRLF, a NUL, or does not end in CRLF: what servers disagree about is never sent.
[[nodiscard]] std::optional<std::string> dot_stuffed(std::string_view message);

}  // namespace mailprobed
