// SPDX-License-Identifier: Apache-2.0
// Certificates made on the spot: a CA and a leaf for the loopback names, or a flawed one.
#pragma once

#include "tests/loopback/options.hpp"

#include <string>

namespace mailprobed::loopback {

/// All as PEM.
struct Certificates {
    /// What a client should trust.
    std::string ca;
    std::string leaf;
    std::string key;
};

/// Makes a fresh set; throws std::runtime_error if OpenSSL fails.
[[nodiscard]] Certificates make_certificates(CertificateKind kind);

}  // namespace mailprobed::loopback
