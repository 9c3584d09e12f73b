// SPDX-License-Identifier: Apache-2.0
// The one bucket layout: mixed ones break `sum by (le)`.
#pragma once

#include <array>

namespace mailprobed {

/// Upper ends of the buckets of round trips, in seconds.
inline constexpr std::array kRoundTripBuckets{
    0.1,  0.25, 0.5,  1.0,   2.0,   3.0,   5.0,   7.5,   10.0,   15.0,   20.0,   30.0,
    45.0, 60.0, 90.0, 120.0, 180.0, 300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0, 14400.0};

}  // namespace mailprobed
