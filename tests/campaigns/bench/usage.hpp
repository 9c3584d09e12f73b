// SPDX-License-Identifier: Apache-2.0
// What this process has used so far.
#pragma once

#include "probes/base/time.hpp"

#include <cstdint>

namespace mailprobed::bench {

/// Processor time of all threads, and the boot clock.
struct Usage {
    Duration user{};
    Duration system{};
    Instant wall;

    [[nodiscard]] Duration cpu() const noexcept { return user + system; }
    [[nodiscard]] static Usage now();
};

/// Bytes of this process in physical memory (proc(5), statm).
[[nodiscard]] std::int64_t resident_bytes();

}  // namespace mailprobed::bench
