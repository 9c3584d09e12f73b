// SPDX-License-Identifier: Apache-2.0
// Turns journal records into rows. Used by one thread; does not know about waiting.
#pragma once

#include "daemon/store/store.hpp"
#include "probes/monitor/journal.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace mailprobed {

/// A moment on both clocks of the machine, and which boot it belongs to.
struct ClockReading {
    /// Empty if unknown.
    std::string boot_id;
    Instant boot;
    WallTime wall;
};

/// Names the present boot of the machine; empty if nothing tells it, and then it is no other's.
[[nodiscard]] std::string boot_identity();

/// The clocks now.
[[nodiscard]] ClockReading read_clocks();

/// An open ledger that takes records.
class LedgerWriter {
  public:
    /// Opens or makes the database and registers a run that began at `start` and whose tags say
    /// `tag_run`. Throws.
    LedgerWriter(const std::string& path, const ClockReading& start, std::uint32_t tag_run = 0);
    LedgerWriter(const LedgerWriter&) = delete;
    LedgerWriter& operator=(const LedgerWriter&) = delete;
    ~LedgerWriter();

    /// Everything an earlier run left; verdicts not older than `evidence`.
    [[nodiscard]] RestoredState load(Duration evidence);
    /// Writes all of `records` or, throwing, none of them; returns when they are on the disk.
    void write(std::span<const QueuedRecord> records);
    /// True if one of the ledger's files was removed or replaced since it was opened: what is
    /// written is not found again.
    [[nodiscard]] bool displaced();
    /// Writes all that it holds to a new ledger at `path`, and touches no file at its own path any
    /// more. Throws.
    void copy_to(const std::string& path);
    /// How often this run has read the clocks.
    [[nodiscard]] std::uint64_t readings() const;
    /// True if the ledger knows that run `tag_run` read them so often.
    [[nodiscard]] bool knows(std::uint32_t tag_run, std::uint64_t readings);
    /// Deletes what was judged before `before`, and details whose time is over at `now`; returns
    /// false if there is more to delete.
    bool prune(WallTime before, WallTime now);

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace mailprobed
