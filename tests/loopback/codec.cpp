// SPDX-License-Identifier: Apache-2.0
// Encodings of mail as this server understands them.
#include "tests/loopback/codec.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <stdexcept>
#include <time.h>

namespace mailprobed::loopback {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

std::string hex(const unsigned char* bytes, std::size_t size) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    for (std::size_t i = 0; i < size; ++i) {
        text += kDigits[bytes[i] >> 4U];
        text += kDigits[bytes[i] & 15U];
    }
    return text;
}

}  // namespace

std::string base64_encode(std::string_view bytes) {
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const auto part = bytes.substr(i, 3);
        std::uint32_t group = 0;
        for (std::size_t k = 0; k < 3; ++k) {
            group = group << 8U | (k < part.size() ? static_cast<unsigned char>(part[k]) : 0U);
        }
        for (std::size_t k = 0; k < 4; ++k) {
            text += k <= part.size() ? kAlphabet[group >> (18U - 6U * k) & 63U] : '=';
        }
    }
    return text;
}

std::optional<std::string> base64_decode(std::string_view text) {
    if (text.size() % 4 != 0) return std::nullopt;
    std::string bytes;
    for (std::size_t i = 0; i < text.size(); i += 4) {
        std::uint32_t group = 0;
        std::size_t padding = 0;
        for (const char c : text.substr(i, 4)) {
            const auto value = kAlphabet.find(c);
            const bool pad = c == '=';
            if ((!pad && (value == std::string_view::npos || padding > 0))) return std::nullopt;
            padding += pad ? 1U : 0U;
            group = group << 6U | (pad ? 0U : static_cast<std::uint32_t>(value));
        }
        if (padding > 2 || (padding > 0 && i + 4 != text.size())) return std::nullopt;
        for (std::size_t k = 0; k < 3 - padding; ++k) {
            bytes += static_cast<char>(group >> (16U - 8U * k) & 255U);
        }
    }
    return bytes;
}

std::string md5_hex(std::string_view bytes) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_md5(), nullptr) != 1) {
        throw std::runtime_error("MD5 is not available");
    }
    return hex(digest.data(), size);
}

std::string hmac_md5_hex(std::string_view key, std::string_view bytes) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    const std::string input(bytes);
    if (HMAC(EVP_md5(), key.data(), static_cast<int>(key.size()),
             reinterpret_cast<const unsigned char*>(input.data()), input.size(), digest.data(),
             &size) == nullptr) {
        throw std::runtime_error("HMAC-MD5 is not available");
    }
    return hex(digest.data(), size);
}

std::string to_lower(std::string_view text) {
    std::string result(text);
    std::transform(result.begin(), result.end(), result.begin(), lower);
    return result;
}

std::string to_upper(std::string_view text) {
    std::string result(text);
    for (auto& c : result) {
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - ('a' - 'A'));
    }
    return result;
}

bool same_word(std::string_view a, std::string_view b) noexcept {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](char x, char y) { return lower(x) == lower(y); });
}

std::string header_value(std::string_view message, std::string_view field) {
    std::string value;
    bool inside = false;
    while (!message.empty()) {
        const auto end = message.find("\r\n");
        const auto line = message.substr(0, end);
        if (line.empty()) break;
        message.remove_prefix(end == std::string_view::npos ? message.size() : end + 2);
        const bool folded = line.front() == ' ' || line.front() == '\t';
        if (inside && !folded) break;
        if (!folded) {
            inside = line.size() > field.size() && line[field.size()] == ':' &&
                     same_word(line.substr(0, field.size()), field);
        }
        if (inside) {
            auto part = folded ? line : line.substr(field.size() + 1);
            part.remove_prefix(std::min(part.find_first_not_of(" \t"), part.size()));
            part = part.substr(0, part.find_last_not_of(" \t") + 1);
            if (!value.empty() && !part.empty()) value += ' ';
            value += part;
        }
    }
    return value;
}

std::size_t body_offset(std::string_view message) noexcept {
    if (message.starts_with("\r\n")) return 2;
    const auto empty = message.find("\r\n\r\n");
    return empty == std::string_view::npos ? message.size() : empty + 4;
}

std::string dot_unstuff(std::string_view data) {
    if (data.starts_with('.')) data.remove_prefix(1);
    std::string message;
    message.reserve(data.size());
    for (;;) {
        const auto dot = data.find("\r\n.");
        if (dot == std::string_view::npos) break;
        message += data.substr(0, dot + 2);
        data.remove_prefix(dot + 3);
    }
    message += data;
    return message;
}

void append_dot_stuffed(std::string& out, std::string_view message) {
    if (message.starts_with('.')) out += '.';
    for (;;) {
        const auto dot = message.find("\r\n.");
        if (dot == std::string_view::npos) break;
        out += message.substr(0, dot + 3);
        out += '.';
        message.remove_prefix(dot + 3);
    }
    out += message;
}

std::string mail_date() {
    const time_t now = ::time(nullptr);
    tm parts{};
    ::gmtime_r(&now, &parts);
    std::array<char, 48> text{};
    const auto size = ::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S +0000", &parts);
    return {text.data(), size};
}

}  // namespace mailprobed::loopback
