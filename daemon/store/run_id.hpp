// SPDX-License-Identifier: Apache-2.0
// The number by which tags name the run that wrote them.
#pragma once

#include "probes/net/crypto.hpp"

#include <cstdint>

namespace mailprobed {

/// A random number that is not 0.
[[nodiscard]] inline std::uint32_t new_run_id() {
    for (;;) {
        if (const auto id = static_cast<std::uint32_t>(random_u64()); id != 0) return id;
    }
}

}  // namespace mailprobed
