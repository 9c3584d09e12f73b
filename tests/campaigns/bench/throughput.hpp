// SPDX-License-Identifier: Apache-2.0
// What a round trip costs when a given number of mails is always in flight.
#pragma once

#include "tests/campaigns/bench/rig.hpp"
#include "tests/campaigns/bench/statistics.hpp"

#include <string>

namespace mailprobed::bench {

/// One measurement.
struct ThroughputWish {
    ServerAddress server;
    /// Mails in flight, each with an own probe and mailbox (accounts b0, b1, ...).
    std::size_t lanes = 1;
    /// Round trips before the clock starts.
    std::size_t warm_up = 100;
    /// Round trips measured.
    std::size_t mails = 1000;
    /// When the mailbox is looked into after the dot; should exceed the server's time for a mail.
    Duration first = std::chrono::milliseconds{2};
    /// SMTP commands in one write where the protocol allows; off by default, as in the daemon.
    bool pipelining = false;
    /// Where the journal is kept; empty: nowhere.
    std::string state_directory;
};

/// CPU microseconds of this process and round trips per second.
[[nodiscard]] JsonObject measure_throughput(const ThroughputWish& wish);

}  // namespace mailprobed::bench
