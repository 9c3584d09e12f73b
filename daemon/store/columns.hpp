// SPDX-License-Identifier: Apache-2.0
// The values that the ledger's statements bind.
#pragma once

#include "probes/base/time.hpp"
#include "probes/domain/outcome/failure.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace mailprobed::ledger {

/// What columns of numbers hold.
using Number = long long;

/// A value as a column holds it.
[[nodiscard]] inline Number number(std::uint64_t value) noexcept {
    return static_cast<Number>(value);
}

/// A value as a column holds it.
[[nodiscard]] inline Number number(Instant at) noexcept {
    return at.time_since_epoch().count();
}

/// A value as a column holds it.
[[nodiscard]] inline Number number(WallTime at) noexcept {
    return at.time_since_epoch().count();
}

/// The columns that statements bind; each record fills those that its statement uses.
struct Columns {
    Number mail = 0, run = 0, wall = 0, started = 0, handed = 0, deadline = 0, grace_end = 0;
    Number digest = 0, lower = 0, upper = 0, entry = 0, probe_id = 0;
    int attempt = 1, handed_attempt = 0, refused = 0, at_risk = 0, unmeasured = 0, uncertain = 0;
    int arrived = 0, bounced = 0, arrived_attempt = 0, copies = 0, exact = 1;
    Number again = 0, ends_in = 0, tag_key = 0;
    std::string probe, progress, stage, cause, detail, verdict, body, status_class, hops, kind;
    std::string mailbox, earlier_digests;

    void failure(const std::optional<StageCause>& pair) {
        stage = pair ? to_string(pair->stage) : "";
        cause = pair ? to_string(pair->cause) : "";
    }
};

/// The columns of a probe's row.
struct ProbeColumns {
    std::string probe;
    Number started = 0, delivered = 0, judged = 0, round_trip = 0, uncertainty = 0, streak = 0;
    int recent = 0;
};

}  // namespace mailprobed::ledger
