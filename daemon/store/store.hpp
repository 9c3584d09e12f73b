// SPDX-License-Identifier: Apache-2.0
// Where the journal's records are kept for good. The queue before it knows no database, and a
// database knows no queue.
#pragma once

#include "daemon/store/detail_record.hpp"
#include "probes/domain/ledger/restored.hpp"
#include "probes/monitor/journal.hpp"

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace mailprobed {

/// A record on its way to the disk.
struct QueuedRecord {
    std::variant<JournalRecord, DetailRecord> record;
    /// Its sender stopped waiting: what it announces may have happened before it was safe.
    bool at_risk = false;
};

/// A database that is opened, mended and tried again as often as it takes; used by one thread at a
/// time. It replaces states by newer ones and derives nothing from them.
class Store {
  public:
    Store() = default;
    Store(const Store&) = delete;
    Store& operator=(const Store&) = delete;
    virtual ~Store() = default;

    /// What earlier runs left; nothing if it cannot be read.
    [[nodiscard]] virtual std::optional<RestoredState> load() = 0;
    /// Writes all of `group` or none of it, and returns when that is safe; false and error() if it
    /// fails.
    [[nodiscard]] virtual bool write(const std::vector<QueuedRecord>& group) = 0;
    /// Deletes what is old, now and then.
    virtual void prune() = 0;

    /// False if the next record will have to wait until it is opened.
    [[nodiscard]] virtual bool is_open() const = 0;
    /// Why the last write failed.
    [[nodiscard]] virtual const std::string& error() const = 0;
    /// What people must be told although it works again; empty but once.
    [[nodiscard]] virtual std::string take_notice() = 0;
    /// True from when the ledger was found to be taken away until the end of the run.
    [[nodiscard]] virtual bool was_displaced() const = 0;
};

}  // namespace mailprobed
