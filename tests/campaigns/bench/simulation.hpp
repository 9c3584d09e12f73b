// SPDX-License-Identifier: Apache-2.0
// The ledger and the poll plan against a simulated server and clock: hundreds of hours in a second,
// and the true instant of every mail is known.
#pragma once

#include "probes/base/time.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace mailprobed::bench {

/// One mailbox and those who send to it.
struct Scenario {
    /// Probes that share the mailbox.
    std::uint32_t probes = 1;
    /// Login budget; 0 is none.
    std::uint32_t logins_per_hour = 0;
    std::size_t mails = 4000;
    std::uint64_t seed = 1;
    /// Looks take hundreds of milliseconds instead of less than one.
    bool slow_server = false;
    Duration interval = std::chrono::minutes{5};
    Duration deadline = std::chrono::minutes{15};
    /// Delivery delays are log-uniform between these.
    Duration least_delay = std::chrono::milliseconds{200};
    Duration greatest_delay = std::chrono::minutes{10};
};

/// What became of the mails; times in seconds.
struct SimulationResult {
    std::size_t mails = 0;
    std::size_t delivered = 0;
    /// Delivered mails whose true instant lies in [L, U].
    std::size_t inside = 0;
    std::size_t looks = 0;
    /// Logins in the busiest 60 minutes.
    std::size_t most_in_an_hour = 0;
    /// Of each delivered mail: U - L.
    std::vector<double> uncertainty;
    /// (U - L) / (U - started).
    std::vector<double> relative;
    /// U - true instant.
    std::vector<double> error;
    /// U - L less the gap that the plan foresaw; of a slow server also less the look's own time.
    std::vector<double> excess;
};

/// Runs until every mail has its verdict.
[[nodiscard]] SimulationResult simulate(const Scenario& scenario);

}  // namespace mailprobed::bench
