// SPDX-License-Identifier: Apache-2.0
// What the receiving server found about the sender (RFC 8601), if it is a server we trust.
#pragma once

#include "probes/wire/message/mail_headers.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace mailprobed {

/// A method's result, spelled as its metric label; `other` is every word but pass and fail.
enum class AuthResult : std::uint8_t { absent, pass, fail, other };
/// All results.
inline constexpr std::array kAuthResults{AuthResult::absent, AuthResult::pass, AuthResult::fail,
                                         AuthResult::other};

/// The results of the three methods.
struct AuthenticationResults {
    AuthResult spf = AuthResult::absent;
    /// Pass if any signature passed.
    AuthResult dkim = AuthResult::absent;
    AuthResult dmarc = AuthResult::absent;
};

/// The label of a result.
[[nodiscard]] std::string_view to_string(AuthResult result) noexcept;

/// The topmost Authentication-Results whose authserv-id is `authserv_id` (without regard to case);
/// nothing if there is none: all others may be the sender's own invention.
[[nodiscard]] std::optional<AuthenticationResults> authentication_results(
    const MailHeaders& headers, std::string_view authserv_id);

}  // namespace mailprobed
