// SPDX-License-Identifier: Apache-2.0
// Durations and delay models from text, and the boot clock.
#include "tests/loopback/types.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <stdexcept>
#include <time.h>
#include <utility>

namespace mailprobed::loopback {

std::string_view name(Protocol protocol) noexcept {
    switch (protocol) {
        case Protocol::smtp:
            return "smtp";
        case Protocol::pop3:
            return "pop3";
        case Protocol::any:
            break;
    }
    return "any";
}

Nanoseconds parse_duration(std::string_view text) {
    constexpr std::array<std::pair<std::string_view, double>, 7> kUnits{
        {{"", 1e9}, {"ns", 1.0}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"m", 60e9}, {"h", 3600e9}}};
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const auto used = static_cast<std::size_t>(end - text.data());
    if (error == std::errc{} && std::isfinite(value) && value >= 0 && value < 1e9) {
        for (const auto& [unit, factor] : kUnits) {
            if (text.substr(used) == unit) {
                return Nanoseconds(std::llround(value * factor));
            }
        }
    }
    throw std::invalid_argument("not a duration: '" + std::string(text) + "'");
}

DelayModel parse_delay(std::string_view text) {
    const auto first = text.find(':');
    if (first == std::string_view::npos) return DelayModel::fixed(parse_duration(text));
    const auto second = text.find(':', first + 1);
    const auto kind = text.substr(0, first);
    if (second == std::string_view::npos) {
        const auto only = parse_duration(text.substr(first + 1));
        if (kind == "fixed") return DelayModel::fixed(only);
        if (kind == "exponential") return DelayModel::exponential(Nanoseconds{0}, only);
    } else {
        const auto low = parse_duration(text.substr(first + 1, second - first - 1));
        const auto high = parse_duration(text.substr(second + 1));
        if (kind == "exponential") return DelayModel::exponential(low, high);
        if (low <= high) {
            if (kind == "uniform") return DelayModel::uniform(low, high);
            if (kind == "log-uniform" && low > Nanoseconds{0}) {
                return DelayModel::log_uniform(low, high);
            }
        }
    }
    throw std::invalid_argument("not a delay: '" + std::string(text) +
                                "', expected 2s, uniform:1s:5s, log-uniform:200ms:600s or "
                                "exponential:1s:5s");
}

std::int64_t boot_now() noexcept {
    timespec now{};
    ::clock_gettime(CLOCK_BOOTTIME, &now);
    return static_cast<std::int64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

}  // namespace mailprobed::loopback
