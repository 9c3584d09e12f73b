// SPDX-License-Identifier: Apache-2.0
// The server's side of SASL PLAIN, LOGIN and CRAM-MD5 (RFC 4616, 4954, 5034, 2195).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mailprobed::loopback {

/// What a client offered to prove who it is.
struct Credentials {
    std::string username;
    /// The password, or a digest if `challenge` is not empty.
    std::string secret;
    std::string challenge;
    /// True for APOP: MD5 of challenge and password instead of HMAC-MD5.
    bool apop = false;
    /// For the log.
    std::string mechanism;

    /// True if the secret fits this password.
    [[nodiscard]] bool prove(std::string_view password) const;
};

/// One exchange, begun by AUTH.
class Sasl {
  public:
    enum class Outcome : std::uint8_t { challenge, complete, malformed, cancelled };

    /// True while the client's next line belongs to the exchange.
    [[nodiscard]] bool running() const noexcept { return expected_ != Expected::nothing; }
    /// Begins with the arguments of AUTH in upper-case mechanism and initial response ("" if there
    /// is none, "=" for an empty one); `nonce` makes the challenge of CRAM-MD5.
    Outcome begin(std::string_view mechanism, std::string_view initial, const std::string& nonce);
    /// The client's next line.
    Outcome feed(std::string_view line);
    /// Base64 of what the server says next; after Outcome::challenge.
    [[nodiscard]] const std::string& challenge() const noexcept { return challenge_; }
    /// After Outcome::complete.
    [[nodiscard]] const Credentials& credentials() const noexcept { return credentials_; }

  private:
    enum class Expected : std::uint8_t { nothing, plain, login_user, login_password, cram };

    Outcome take(const std::string& response);

    Expected expected_ = Expected::nothing;
    std::string challenge_;
    Credentials credentials_;
};

}  // namespace mailprobed::loopback
