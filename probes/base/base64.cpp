// SPDX-License-Identifier: Apache-2.0
// Base64 both ways.
#include "probes/base/base64.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace mailprobed {

namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t kNone = 0xff;

constexpr std::array<std::uint8_t, 256> make_values() {
    std::array<std::uint8_t, 256> values{};
    values.fill(kNone);
    for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
        values[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::uint8_t>(i);
    }
    return values;
}
constexpr auto kValues = make_values();

}  // namespace

std::string base64(std::string_view octets) {
    // Made at its full size, so that no copy of a secret is left behind by growing.
    std::string result((octets.size() + 2) / 3 * 4, '=');
    char* out = result.data();
    while (!octets.empty()) {
        const std::size_t have = std::min<std::size_t>(octets.size(), 3);
        std::uint32_t bits = 0;
        for (std::size_t i = 0; i < 3; ++i) {
            bits = bits << 8U | (i < have ? static_cast<unsigned char>(octets[i]) : 0U);
        }
        // One octet makes two characters, two make three.
        for (std::size_t i = 0; i <= have; ++i) {
            out[i] = kAlphabet[bits >> (18U - 6U * static_cast<unsigned>(i)) & 63U];
        }
        out += 4;
        octets.remove_prefix(have);
    }
    return result;
}

std::optional<std::string> from_base64(std::string_view text) {
    if (text.size() % 4 != 0) return std::nullopt;
    if (text.ends_with('=')) text.remove_suffix(1);
    if (text.ends_with('=')) text.remove_suffix(1);
    std::string result;
    result.reserve(text.size() / 4 * 3 + 2);
    std::uint32_t bits = 0;
    int have = 0;
    for (const char c : text) {
        const std::uint8_t value = kValues[static_cast<unsigned char>(c)];
        if (value == kNone) return std::nullopt;
        bits = bits << 6U | value;
        have += 6;
        if (have >= 8) {
            have -= 8;
            result += static_cast<char>(bits >> static_cast<unsigned>(have) & 255U);
        }
    }
    return result;
}

}  // namespace mailprobed
