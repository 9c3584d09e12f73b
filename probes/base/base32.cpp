// SPDX-License-Identifier: Apache-2.0
// Base32 by a bit accumulator.
#include "probes/base/base32.hpp"

namespace mailprobed {
namespace {

constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyz234567";

int value_of(char c) noexcept {
    if (c >= 'a' && c <= 'z') return c - 'a';
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= '2' && c <= '7') return c - '2' + 26;
    return -1;
}

}  // namespace

std::string base32_encode(std::span<const std::uint8_t> bytes) {
    std::string text;
    text.reserve((bytes.size() * 8 + 4) / 5);
    std::uint32_t bits = 0;
    unsigned held = 0;
    for (const std::uint8_t byte : bytes) {
        bits = (bits << 8U) | byte;
        held += 8;
        while (held >= 5) {
            held -= 5;
            text.push_back(kAlphabet[(bits >> held) & 31U]);
        }
    }
    if (held > 0) text.push_back(kAlphabet[(bits << (5U - held)) & 31U]);
    return text;
}

std::optional<std::vector<std::uint8_t>> base32_decode(std::string_view text) {
    std::vector<std::uint8_t> bytes;
    bytes.reserve(text.size() * 5 / 8);
    std::uint32_t bits = 0;
    unsigned held = 0;
    for (const char c : text) {
        const int value = value_of(c);
        if (value < 0) return std::nullopt;
        bits = (bits << 5U) | static_cast<std::uint32_t>(value);
        held += 5;
        if (held >= 8) {
            held -= 8;
            bytes.push_back(static_cast<std::uint8_t>((bits >> held) & 0xffU));
        }
    }
    // One tag has one spelling: spare bits must be zero and fewer than a character.
    if (held >= 5 || (bits & ((1U << held) - 1U)) != 0) return std::nullopt;
    return bytes;
}

}  // namespace mailprobed
