// SPDX-License-Identifier: Apache-2.0
// The three exchanges.
#include "tests/loopback/sasl.hpp"

#include "tests/loopback/codec.hpp"

namespace mailprobed::loopback {

bool Credentials::prove(std::string_view password) const {
    if (challenge.empty()) return secret == password;
    if (apop) return same_word(secret, md5_hex(challenge + std::string(password)));
    return same_word(secret, hmac_md5_hex(password, challenge));
}

Sasl::Outcome Sasl::begin(std::string_view mechanism, std::string_view initial,
                          const std::string& nonce) {
    credentials_ = {};
    credentials_.mechanism = mechanism;
    if (mechanism == "PLAIN") {
        expected_ = Expected::plain;
        challenge_.clear();
    } else if (mechanism == "LOGIN") {
        expected_ = Expected::login_user;
        challenge_ = base64_encode("Username:");
    } else {
        expected_ = Expected::cram;
        credentials_.challenge = nonce;
        challenge_ = base64_encode(nonce);
        // The server speaks first here (RFC 2195 2).
        if (!initial.empty()) return expected_ = Expected::nothing, Outcome::malformed;
    }
    if (initial.empty()) return Outcome::challenge;
    return feed(initial == "=" ? std::string_view() : initial);
}

Sasl::Outcome Sasl::feed(std::string_view line) {
    if (line == "*") {
        expected_ = Expected::nothing;
        return Outcome::cancelled;
    }
    const auto response = base64_decode(line);
    if (!response) {
        expected_ = Expected::nothing;
        return Outcome::malformed;
    }
    return take(*response);
}

Sasl::Outcome Sasl::take(const std::string& response) {
    const auto expected = expected_;
    expected_ = Expected::nothing;
    switch (expected) {
        case Expected::plain: {
            const auto first = response.find('\0');
            const auto second = first == std::string::npos ? first : response.find('\0', first + 1);
            if (second == std::string::npos) return Outcome::malformed;
            credentials_.username = response.substr(first + 1, second - first - 1);
            credentials_.secret = response.substr(second + 1);
            return Outcome::complete;
        }
        case Expected::login_user:
            credentials_.username = response;
            expected_ = Expected::login_password;
            challenge_ = base64_encode("Password:");
            return Outcome::challenge;
        case Expected::login_password:
            credentials_.secret = response;
            return Outcome::complete;
        case Expected::cram: {
            const auto space = response.rfind(' ');
            if (space == std::string::npos) return Outcome::malformed;
            credentials_.username = response.substr(0, space);
            credentials_.secret = response.substr(space + 1);
            return Outcome::complete;
        }
        case Expected::nothing:
            break;
    }
    return Outcome::malformed;
}

}  // namespace mailprobed::loopback
