// SPDX-License-Identifier: Apache-2.0
// Digests by OpenSSL's one-shot functions.
#include "probes/net/crypto.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <cstring>
#include <span>
#include <stdexcept>

namespace mailprobed {
namespace {

const unsigned char* octets(std::string_view text) noexcept {
    return reinterpret_cast<const unsigned char*>(text.data());
}

std::string hex(std::span<const unsigned char> bytes) {
    static constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    text.reserve(bytes.size() * 2);
    for (const unsigned char byte : bytes) {
        text.push_back(kDigits[byte >> 4U]);
        text.push_back(kDigits[byte & 15U]);
    }
    return text;
}

unsigned hmac(const EVP_MD* digest, std::string_view key, std::string_view text,
              unsigned char* out) {
    unsigned length = 0;
    if (HMAC(digest, key.data(), static_cast<int>(key.size()), octets(text), text.size(), out,
             &length) == nullptr) {
        throw std::runtime_error("OpenSSL refused to compute an HMAC");
    }
    return length;
}

}  // namespace

std::array<std::uint8_t, 32> hmac_sha256(std::string_view key, std::string_view text) {
    std::array<std::uint8_t, 32> result{};
    hmac(EVP_sha256(), key, text, result.data());
    return result;
}

std::string hmac_md5_hex(std::string_view key, std::string_view text) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> result{};
    return hex(std::span(result).first(hmac(EVP_md5(), key, text, result.data())));
}

std::string md5_hex(std::string_view text) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> result{};
    unsigned length = 0;
    if (EVP_Digest(text.data(), text.size(), result.data(), &length, EVP_md5(), nullptr) != 1) {
        throw std::runtime_error("OpenSSL refused to compute an MD5 digest");
    }
    return hex(std::span(result).first(length));
}

std::string random_bytes(std::size_t size) {
    std::string result(size, '\0');
    if (RAND_bytes(reinterpret_cast<unsigned char*>(result.data()), static_cast<int>(size)) != 1) {
        throw std::runtime_error("the system's random generator does not work");
    }
    return result;
}

std::uint64_t random_u64() {
    const std::string bytes = random_bytes(sizeof(std::uint64_t));
    std::uint64_t value = 0;
    std::memcpy(&value, bytes.data(), sizeof value);
    return value;
}

}  // namespace mailprobed
