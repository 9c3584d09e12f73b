// SPDX-License-Identifier: Apache-2.0
// Plain functions over OpenSSL: digests and randomness, bytes in and bytes out.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace mailprobed {

/// HMAC-SHA-256 (RFC 2104, FIPS 180-4).
[[nodiscard]] std::array<std::uint8_t, 32> hmac_sha256(std::string_view key, std::string_view text);
/// HMAC-MD5 as lower-case hexadecimal, for CRAM-MD5 (RFC 2195).
[[nodiscard]] std::string hmac_md5_hex(std::string_view key, std::string_view text);
/// MD5 as lower-case hexadecimal, for APOP (RFC 1939).
[[nodiscard]] std::string md5_hex(std::string_view text);
/// `size` bytes from the system's generator.
[[nodiscard]] std::string random_bytes(std::size_t size);
/// A random number.
[[nodiscard]] std::uint64_t random_u64();

}  // namespace mailprobed
