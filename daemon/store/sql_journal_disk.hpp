// SPDX-License-Identifier: Apache-2.0
// The store in a file of SQLite: opens the ledger, writes, and makes a new one where it must.
#pragma once

#include "daemon/store/copy.hpp"
#include "daemon/store/place.hpp"
#include "daemon/store/sql_journal.hpp"
#include "daemon/store/writer.hpp"
#include "probes/domain/ledger/wall_watch.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mailprobed {

/// The ledger of a state directory and what went wrong with it.
class LedgerDisk final : public Store {
  public:
    /// Locks the directory. Throws as LedgerLock does.
    explicit LedgerDisk(JournalPlace place);
    LedgerDisk(const LedgerDisk&) = delete;
    LedgerDisk& operator=(const LedgerDisk&) = delete;
    ~LedgerDisk() override;

    /// What earlier runs left; opens the ledger, and reads one that cannot be written to. Nothing
    /// if it cannot be read either.
    [[nodiscard]] std::optional<RestoredState> load() override;
    /// In a ledger that is opened, mended or made anew where needed.
    [[nodiscard]] bool write(const std::vector<QueuedRecord>& group) override;
    /// Once the clock can be believed.
    void prune() override;

    [[nodiscard]] bool is_open() const override { return writer_ != nullptr; }
    [[nodiscard]] const std::string& error() const override { return error_; }
    [[nodiscard]] std::string take_notice() override;
    [[nodiscard]] bool was_displaced() const override { return displaced_; }

  private:
    void open();
    void compare_mark(bool fresh);
    void keep_mark(Instant now);
    void trouble(const std::exception& what);
    void mind_place();
    void replace();
    void tell(const std::string& what);

    JournalPlace place_;
    LedgerLock lock_;
    std::unique_ptr<LedgerWriter> writer_;
    /// The one whose files were taken away: closing it could touch what stands there now.
    std::unique_ptr<LedgerWriter> abandoned_;
    std::string error_;
    std::string notice_;
    /// Of the ledger that this run makes when its own is taken away; at most one.
    std::string recovered_;
    bool displaced_ = false;
    bool replaced_ = false;
    /// The file was found to be damaged and is still in its place.
    bool damaged_ = false;
    /// A ledger was open in this run, and was this file.
    bool opened_ = false;
    std::optional<FileIdentity> file_;
    /// The ledger is older than its mark.
    bool rolled_back_ = false;
    std::uint64_t marked_ = 0;
    Instant next_mark_ = Instant::min();
    WallWatch wall_;
    Instant next_prune_ = Instant::min();
    Instant next_look_ = Instant::min();
};

}  // namespace mailprobed
