// SPDX-License-Identifier: Apache-2.0
// Encodings for the loopback tests, made by OpenSSL.
#include "tests/e2e/monitor/loopback_fixture.hpp"

#include <openssl/evp.h>

#include <array>
#include <cstdio>

namespace mailprobed::testing {

std::string hex(const unsigned char* bytes, unsigned int size) {
    std::string text;
    for (unsigned int i = 0; i < size; ++i) {
        std::array<char, 3> digits{};
        std::snprintf(digits.data(), digits.size(), "%02x", bytes[i]);
        text += digits.data();
    }
    return text;
}

std::string openssl_base64(const std::string& text) {
    std::string out(text.size() * 2 + 8, '\0');
    const auto size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                      reinterpret_cast<const unsigned char*>(text.data()),
                                      static_cast<int>(text.size()));
    out.resize(static_cast<std::size_t>(size));
    return out;
}

std::string openssl_unbase64(const std::string& text) {
    std::string out(text.size(), '\0');
    EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                    reinterpret_cast<const unsigned char*>(text.data()),
                    static_cast<int>(text.size()));
    return out.substr(0, out.find('\0'));
}

}  // namespace mailprobed::testing
