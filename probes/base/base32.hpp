// SPDX-License-Identifier: Apache-2.0
// Lower-case base32 (RFC 4648 6) without padding: survives case changes, folding and encodings.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mailprobed {

/// The characters for `bytes`, 8 for every 5 bytes, rounded up.
[[nodiscard]] std::string base32_encode(std::span<const std::uint8_t> bytes);

/// The bytes of `text` in either case; nothing if a character or the spare bits are wrong.
[[nodiscard]] std::optional<std::vector<std::uint8_t>> base32_decode(std::string_view text);

}  // namespace mailprobed
