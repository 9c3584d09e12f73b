// SPDX-License-Identifier: Apache-2.0
// From header fields to the path that a mail took.
#include "probes/domain/identity/delivery_path.hpp"

#include "probes/wire/message/received.hpp"

#include <chrono>
#include <cstdio>
#include <ranges>

namespace mailprobed {
namespace {

constexpr std::size_t kMaxText = 2000;

std::string stamp(WallTime at) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(at);
    const auto day = std::chrono::floor<std::chrono::days>(seconds);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss time(seconds - day);
    std::array<char, 48> text{};
    const int length = std::snprintf(
        text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()),
        static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
        static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
        static_cast<int>(time.seconds().count()));
    return {text.data(), static_cast<std::size_t>(length)};
}

/// Clocks that are further apart than any mail travels tell nothing, and the difference of two
/// stamps of which one is of 1900 may not even fit.
constexpr std::chrono::years kLongestTransit{1};

std::optional<Duration> transit_between(WallTime first, WallTime last) {
    using std::chrono::floor, std::chrono::seconds;
    const auto apart = floor<seconds>(last) - floor<seconds>(first);
    if (std::chrono::abs(apart) > kLongestTransit) return std::nullopt;
    return last - first;
}

}  // namespace

DeliveryPath delivery_path_of(const MailHeaders& headers, std::string_view authserv_id) {
    DeliveryPath delivery_path;
    std::optional<WallTime> first;
    const std::vector<Hop> hops = received_hops(headers);
    for (const Hop& hop : hops | std::views::reverse) {
        if (hop.at) {
            if (!first) {
                first = hop.at;
            } else {
                delivery_path.transit = transit_between(*first, *hop.at);
            }
            delivery_path.arrived = hop.at;
        }
        if (delivery_path.hops.size() > kMaxText) continue;
        if (!delivery_path.hops.empty()) delivery_path.hops += "; ";
        delivery_path.hops += hop.by.empty() ? "?" : hop.by;
        if (hop.at) delivery_path.hops += " at " + stamp(*hop.at);
    }
    if (!authserv_id.empty()) {
        delivery_path.authentication = authentication_results(headers, authserv_id);
    }
    return delivery_path;
}

}  // namespace mailprobed
