// SPDX-License-Identifier: Apache-2.0
// What an SMTP server offers in its reply to EHLO (RFC 5321 4.1.1.1).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mailprobed {

/// The keywords of an EHLO reply that a submission can use; others are ignored.
struct SmtpCapabilities {
    bool starttls = false;
    bool pipelining = false;
    bool eight_bit_mime = false;
    bool enhanced_codes = false;
    bool smtp_utf8 = false;
    bool dsn = false;
    /// SIZE was there (RFC 1870).
    bool size = false;
    /// Its limit; nothing if it was 0, absent or no number.
    std::optional<std::uint64_t> max_size;
    /// AUTH in any of its forms was there (RFC 4954).
    bool auth = false;
    bool auth_plain = false;
    bool auth_login = false;
    bool auth_cram_md5 = false;
    /// The mechanisms as the server spelled them, for messages; at most 256 octets.
    std::string auth_words;
};

/// Reads the text of an EHLO reply, lines joined by LF; the first line is the server's greeting.
/// "AUTH a b", "AUTH=a b" and several such lines count as one set.
[[nodiscard]] SmtpCapabilities smtp_capabilities(std::string_view ehlo_text);

}  // namespace mailprobed
