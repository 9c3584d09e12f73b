// SPDX-License-Identifier: Apache-2.0
// The durable journal: records go to one writer thread, which commits them in groups.
#pragma once

#include "daemon/service/stall_detector.hpp"
#include "daemon/store/store.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace mailprobed {

/// Where and how long records are kept.
struct JournalPlace {
    std::string state_directory;
    /// How long judged mails leave evidence.
    Duration evidence{};
    /// How long judged mails are kept at all.
    Duration history{};
    /// What tags of this run say of it.
    std::uint32_t run = 0;
};

/// Keeps records in the ledger of a state directory. While that fails they wait in memory and
/// senders are told so; when it works again they are written, without a restart.
class SqlJournal final : public Journal {
  public:
    /// Records that wait for a failing disk. Beyond that and some slack entries and details are
    /// given up, then the oldest mails that are not on the disk; what a mail that is on the disk
    /// must not be without stays, which is at most a verdict and an intent for each attempt.
    static constexpr std::size_t kMaxBacklog = 50'000;
    static constexpr std::size_t kBacklogSlack = 5'000;

    /// Told on the event loop when the ledger starts or stops to fail, and why; `why` of a ledger
    /// that works again says what it will always miss, if anything.
    using HealthHandler = std::function<void(bool healthy, const std::string& why)>;

    /// Locks the directory and opens the ledger. Throws LedgerInUse if another process has it;
    /// other trouble is told to `on_health` once the loop runs.
    SqlJournal(const Executor& executor, JournalPlace place, HealthHandler on_health);
    /// The same in another store.
    SqlJournal(const Executor& executor, std::unique_ptr<Store> store, HealthHandler on_health);
    /// Writes what is still queued if the disk lets it.
    ~SqlJournal() override;

    /// What earlier runs left; the first call only.
    [[nodiscard]] RestoredState load();

    using Journal::note;
    using Journal::record;
    Awaitable<Durability> record(JournalRecords records) override;
    void note(JournalRecords records) override;
    /// Keeps details for people; forgets them while the disk fails.
    void keep(DetailRecord record);
    [[nodiscard]] bool healthy() const override;

    /// Whether the writer thread gets on: a disk that refuses is no standstill, one that never
    /// answers is.
    [[nodiscard]] ActivityCounter activity() const;
    /// Writes what is queued and ends the writer thread; false if that did not work or not within
    /// `patience`. In the latter case the thread still holds the disk's answer to come, and the
    /// destructor would wait for it: leave the process by _Exit().
    [[nodiscard]] bool close(Duration patience);

  private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace mailprobed
