// SPDX-License-Identifier: Apache-2.0
// What servers that know no response codes say when a mailbox is locked or logins come too often.
#pragma once

#include <cstdint>
#include <string_view>

namespace mailprobed {

/// What the words of a refusal without a response code are known to mean.
enum class LoginWords : std::uint8_t {
    /// Nothing: it may be the password.
    none,
    /// Somebody else has the mailbox open.
    locked,
    /// Logins or connections come too often.
    too_often,
    /// A proxy's word for whatever the server behind it said, a lock or a wrong password.
    either,
};

/// Reads the text after -ERR. Words count only if they name the mailbox (or how often logins come)
/// and neither account nor password nor failed attempts.
[[nodiscard]] LoginWords login_words(std::string_view text);

}  // namespace mailprobed
