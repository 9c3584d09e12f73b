// SPDX-License-Identifier: Apache-2.0
// Durations, read and written with one table of units.
#include "config/load/durations.hpp"

#include <array>
#include <charconv>
#include <cstdint>

namespace mailprobed {

namespace {

struct Unit {
    std::string_view name;
    std::int64_t milliseconds;
};

constexpr auto kUnits = std::to_array<Unit>(
    {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}});

/// A hundred years: far beyond every range, far below overflow in nanoseconds.
constexpr std::int64_t kMostMilliseconds = 36'525 * std::int64_t{86'400'000};

bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

}  // namespace

std::optional<Duration> parse_duration(std::string_view text) noexcept {
    if (text.empty()) return std::nullopt;
    std::int64_t total = 0;
    std::size_t next_unit = 0;
    while (!text.empty()) {
        std::int64_t count = 0;
        if (!is_digit(text.front())) return std::nullopt;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
        if (error != std::errc{}) return std::nullopt;
        text.remove_prefix(static_cast<std::size_t>(end - text.data()));
        std::size_t letters = 0;
        while (letters < text.size() && !is_digit(text[letters]))
            ++letters;
        const std::string_view name = text.substr(0, letters);
        text.remove_prefix(letters);
        while (next_unit < kUnits.size() && kUnits[next_unit].name != name)
            ++next_unit;
        if (next_unit == kUnits.size()) return std::nullopt;
        const std::int64_t unit = kUnits[next_unit].milliseconds;
        if (count > (kMostMilliseconds - total) / unit) return std::nullopt;
        total += count * unit;
        ++next_unit;
    }
    return std::chrono::milliseconds{total};
}

std::string format_duration(Duration duration) {
    auto rest = std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
    std::string result;
    for (const Unit& unit : kUnits) {
        const std::int64_t count = rest / unit.milliseconds;
        if (count <= 0) continue;
        result += std::to_string(count);
        result += unit.name;
        rest -= count * unit.milliseconds;
    }
    return result.empty() ? "0s" : result;
}

}  // namespace mailprobed
