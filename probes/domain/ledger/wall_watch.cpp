// SPDX-License-Identifier: Apache-2.0
// The offset between the two clocks says it all.
#include "probes/domain/ledger/wall_watch.hpp"

namespace mailprobed {

std::optional<Duration> WallWatch::read(Instant boot, WallTime wall) {
    const Duration offset = wall.time_since_epoch() - boot.time_since_epoch();
    const Duration moved = offset_ ? offset - *offset_ : Duration::zero();
    const bool stepped = moved > kStep || moved < -kStep;
    if (!offset_ || stepped) since_ = boot;
    offset_ = offset;
    last_ = boot;
    return stepped ? std::optional(moved) : std::nullopt;
}

std::optional<WallTime> WallWatch::sure() const {
    if (!offset_ || last_ - since_ < kTrust) return std::nullopt;
    return WallTime{last_.time_since_epoch() + *offset_};
}

}  // namespace mailprobed
