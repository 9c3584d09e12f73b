// SPDX-License-Identifier: Apache-2.0
// Turns journal records into rows. Used by one thread; does not know about waiting.
#pragma once

#include "daemon/detail_record.hpp"
#include "probes/monitor/journal.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <variant>

namespace mailprobed {

/// A moment on both clocks of the machine, and which boot it belongs to.
struct ClockReading {
    std::string boot_id;
    Instant boot;
    WallTime wall;
};

/// The clocks now.
[[nodiscard]] ClockReading read_clocks();

/// A record on its way to the disk.
struct QueuedRecord {
    std::variant<JournalRecord, DetailRecord> record;
    /// Its sender stopped waiting: what it announces may have happened before it was safe.
    bool at_risk = false;
};

/// An open ledger that takes records.
class LedgerWriter {
  public:
    /// Opens or makes the database and registers a run that began at `start`. Throws.
    LedgerWriter(const std::string& path, const ClockReading& start);
    LedgerWriter(const LedgerWriter&) = delete;
    LedgerWriter& operator=(const LedgerWriter&) = delete;
    ~LedgerWriter();

    /// Everything an earlier run left; verdicts not older than `evidence`.
    [[nodiscard]] Remembered recall(Duration evidence);
    /// Writes all of `records` or, throwing, none of them; returns when they are on the disk.
    void write(std::span<const QueuedRecord> records);
    /// Deletes what was judged before `before`, and details whose time is over at `now`; returns
    /// false if there is more to delete.
    bool prune(WallTime before, WallTime now);

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace mailprobed
