// SPDX-License-Identifier: Apache-2.0
// Which values of a configuration hold a login, whatever key they stand at: people paste URLs.
#pragma once

#include <string_view>

namespace mailprobed {

/// True if `text` holds user and password as URLs have them (smtp://u:p@host, u:p@host, u:p), or
/// base64 that a SASL or HTTP login is made of (RFC 4616, RFC 7617).
[[nodiscard]] bool holds_credentials(std::string_view text);

/// True if a word of `text` is one that nobody types but as a password: eight letters and digits
/// or more, in both cases and with a digit, or base64 of something that can be read.
[[nodiscard]] bool resembles_password(std::string_view text);

}  // namespace mailprobed
