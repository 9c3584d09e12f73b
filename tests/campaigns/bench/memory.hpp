// SPDX-License-Identifier: Apache-2.0
// What a pending mail and an open session take in physical memory.
#pragma once

#include "tests/campaigns/bench/rig.hpp"
#include "tests/campaigns/bench/statistics.hpp"

namespace mailprobed::bench {

/// One measurement. The server delivers mail from `warm` at once, mail from `hold` not before the
/// end, and leaves DATA from `slow` without an answer.
struct MemoryWish {
    ServerAddress server;
    std::size_t mailboxes = 100;
    std::size_t pending = 10'000;
    std::size_t sessions = 1000;
};

/// Bytes for each pending mail and for each session in flight, and the baseline.
[[nodiscard]] JsonObject measure_memory(const MemoryWish& wish);

}  // namespace mailprobed::bench
