// SPDX-License-Identifier: Apache-2.0
// What all fuzz targets share: rules that end the program, and the cutting of octets into reads.
#pragma once

#include "probes/wire/lines/line_buffer.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <vector>

/// What libFuzzer, or the replay, calls with every input.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace mailprobed::fuzz {

/// Ends the program with `rule` as its last word unless the rule `holds`.
inline void require(bool holds, std::string_view rule) {
    if (holds) return;
    std::fprintf(stderr, "rule broken: %.*s\n", static_cast<int>(rule.size()), rule.data());
    std::abort();
}

/// The input as text.
[[nodiscard]] inline std::string_view as_text(const std::uint8_t* data, std::size_t size) noexcept {
    return {reinterpret_cast<const char*>(data), size};
}

/// A number that depends on all of `text` (FNV-1a), so that choices are the same at every replay.
[[nodiscard]] inline std::uint64_t hash_of(std::string_view text) noexcept {
    std::uint64_t hash = 14695981039346656037ULL;
    for (const char c : text)
        hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
    return hash ^ hash >> 29U;
}

/// How octets arrive: at once, one by one, or in pieces of all sizes.
enum class Cut : std::uint8_t { whole, single, mixed };
/// All ways.
inline constexpr Cut kCuts[] = {Cut::whole, Cut::single, Cut::mixed};

/// `octets` as the reads of a connection.
[[nodiscard]] inline std::vector<std::string_view> cut(std::string_view octets, Cut how) {
    std::vector<std::string_view> reads;
    std::uint64_t dice = hash_of(octets) | 1U;
    while (!octets.empty()) {
        std::size_t size = how == Cut::whole ? octets.size() : 1;
        if (how == Cut::mixed) {
            dice = dice * 6364136223846793005ULL + 1442695040888963407ULL;
            // Mostly short ones; the shift makes each order of magnitude as likely as the next.
            size = 1 + ((dice >> 33U) & 0xfffU) / (1ULL << (dice >> 60U));
        }
        const std::string_view read = octets.substr(0, size);
        reads.push_back(read);
        octets.remove_prefix(read.size());
    }
    return reads;
}

/// Puts `octets` into `buffer` the way a channel does.
inline void feed(LineBuffer& buffer, std::string_view octets) {
    while (!octets.empty()) {
        const auto room = buffer.prepare();
        require(!room.empty(), "a line buffer always has room");
        const std::size_t size = std::min(room.size(), octets.size());
        std::memcpy(room.data(), octets.data(), size);
        buffer.commit(size);
        octets.remove_prefix(size);
    }
}

/// Lines as the simplest code finds them: up to LF, without one CR before it.
struct PlainLines {
    std::vector<std::string_view> lines;
    std::string_view rest;
    bool bare_lf = false;
};

/// Splits `octets`; no limits.
[[nodiscard]] inline PlainLines plain_lines(std::string_view octets) {
    PlainLines result;
    for (std::size_t lf = octets.find('\n'); lf != std::string_view::npos; lf = octets.find('\n')) {
        std::string_view line = octets.substr(0, lf);
        octets.remove_prefix(lf + 1);
        if (line.ends_with('\r')) {
            line.remove_suffix(1);
        } else {
            result.bare_lf = true;
        }
        result.lines.push_back(line);
    }
    result.rest = octets;
    return result;
}

}  // namespace mailprobed::fuzz
