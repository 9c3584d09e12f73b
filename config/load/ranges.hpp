// SPDX-License-Identifier: Apache-2.0
// The ranges of numbers and durations; config/README.md repeats them, a test compares.
#pragma once

#include "probes/base/time.hpp"

#include <chrono>
#include <cstdint>

namespace mailprobed {

/// The least and the greatest allowed value.
template <class T>
struct Range {
    T least;
    T greatest;
};

inline constexpr Range<Duration> kIntervalRange{std::chrono::seconds{1}, std::chrono::days{7}};
inline constexpr Range<Duration> kDeadlineRange{std::chrono::seconds{1}, std::chrono::days{7}};
inline constexpr Range<Duration> kGraceRange{std::chrono::seconds{1}, std::chrono::days{1}};
inline constexpr Range<Duration> kSloRange{std::chrono::milliseconds{10}, std::chrono::days{7}};
inline constexpr Range<Duration> kEvidenceRange{std::chrono::minutes{1}, std::chrono::days{30}};
inline constexpr Range<Duration> kHistoryRange{std::chrono::hours{1}, std::chrono::days{5 * 365}};
inline constexpr Range<Duration> kRetryRange{std::chrono::seconds{10}, std::chrono::hours{6}};
inline constexpr Range<std::uint32_t> kAttemptsRange{1, 10};
inline constexpr Range<Duration> kStageRange{std::chrono::milliseconds{100},
                                             std::chrono::minutes{10}};
inline constexpr Range<Duration> kTotalRange{std::chrono::milliseconds{100}, std::chrono::hours{1}};
inline constexpr Range<Duration> kPollFirstRange{std::chrono::milliseconds{50},
                                                 std::chrono::hours{1}};
inline constexpr Range<Duration> kPollMaxRange{std::chrono::milliseconds{50}, std::chrono::days{1}};
inline constexpr Range<double> kGrowthRange{1.05, 10};
inline constexpr Range<std::uint32_t> kLoginsRange{0, 100'000};
inline constexpr Range<std::uint32_t> kScanRange{1, 100'000};
inline constexpr Range<Duration> kWindowAgeRange{std::chrono::hours{1}, std::chrono::days{3650}};
inline constexpr Range<std::uint32_t> kWindowOldestRange{1, 1'000'000};
inline constexpr Range<std::uint32_t> kPortRange{1, 65'535};

}  // namespace mailprobed
