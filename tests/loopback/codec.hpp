// SPDX-License-Identifier: Apache-2.0
// The server's own base64, digests and header lookup: nothing shared with the clients under test.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mailprobed::loopback {

/// Base64 with padding, without line ends (RFC 4648 4).
[[nodiscard]] std::string base64_encode(std::string_view bytes);
/// Strict inverse; nothing for a bad length, alphabet or padding.
[[nodiscard]] std::optional<std::string> base64_decode(std::string_view text);

/// MD5 as 32 lower-case hex digits (APOP, RFC 1939 7).
[[nodiscard]] std::string md5_hex(std::string_view bytes);
/// HMAC-MD5 as 32 lower-case hex digits (CRAM-MD5, RFC 2195).
[[nodiscard]] std::string hmac_md5_hex(std::string_view key, std::string_view bytes);

/// ASCII only.
[[nodiscard]] std::string to_lower(std::string_view text);
[[nodiscard]] std::string to_upper(std::string_view text);
/// True if both are the same without regard to ASCII case.
[[nodiscard]] bool same_word(std::string_view a, std::string_view b) noexcept;

/// The unfolded value of the first header field of that name; empty if there is none.
[[nodiscard]] std::string header_value(std::string_view message, std::string_view field);
/// Where the body begins: behind the first empty line, or the size if there is none.
[[nodiscard]] std::size_t body_offset(std::string_view message) noexcept;

/// Removes the dots that the sender of the data doubled (RFC 5321 4.5.2).
[[nodiscard]] std::string dot_unstuff(std::string_view data);
/// Appends `message` with leading dots doubled.
void append_dot_stuffed(std::string& out, std::string_view message);

/// The present wall-clock time as a mail date (RFC 5322 3.3), in UTC.
[[nodiscard]] std::string mail_date();

}  // namespace mailprobed::loopback
