// SPDX-License-Identifier: Apache-2.0
// Tag codecs for fuzz targets: one that fuzzers can satisfy, one that they cannot.
#pragma once

#include "probes/domain/identity/tag.hpp"
#include "tests/fuzz/support/fuzz.hpp"

#include <array>
#include <string>

namespace mailprobed::fuzz {

/// A codec whose authentication code is all zeros: chance makes tags that verify, so what comes
/// after verification is reached.
[[nodiscard]] inline TagCodec gullible_codec() {
    return {Secret("key"),
            [](std::string_view, std::string_view) { return std::array<std::uint8_t, 32>{}; }};
}

/// A codec whose code depends on all of key and text. No cryptography, but nothing a fuzzer without
/// sight of it meets by chance.
[[nodiscard]] inline TagCodec sound_codec(std::string key) {
    return {Secret(std::move(key)), [](std::string_view with, std::string_view text) {
                std::array<std::uint8_t, 32> code{};
                std::uint64_t hash = hash_of(with) * 0x9e3779b97f4a7c15ULL ^ hash_of(text);
                for (std::uint8_t& byte : code) {
                    hash ^= hash >> 31U;
                    hash *= 0xbf58476d1ce4e5b9ULL;
                    byte = static_cast<std::uint8_t>(hash >> 56U);
                }
                return code;
            }};
}

}  // namespace mailprobed::fuzz
