// SPDX-License-Identifier: Apache-2.0
// Base64 (RFC 4648 4) for SASL.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mailprobed {

/// `octets` in base64 with padding, on one line.
[[nodiscard]] std::string base64(std::string_view octets);

/// The octets that `text` stands for; nothing if it is not base64 with its padding. The bits that
/// padding leaves over are not looked at.
[[nodiscard]] std::optional<std::string> from_base64(std::string_view text);

}  // namespace mailprobed
