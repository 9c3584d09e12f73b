// SPDX-License-Identifier: Apache-2.0
// What prober and watcher wait for before they send, judge or delete: the ledger's records made
// durable. This file knows the records; where they go is the daemon's business.
#pragma once

#include "probes/domain/ledger/judgement.hpp"
#include "probes/domain/ledger/mail_state.hpp"
#include "probes/net/awaitable.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace mailprobed {

/// One moment on both clocks. The newest of a boot turns its instants into those of a later boot.
struct ClockRecord {
    Instant boot;
    WallTime wall;
};

/// A mail got its verdict.
struct VerdictRecord {
    Judgement judgement;
    /// The same mail from now on.
    JudgedMail judged;
    WallTime wall;
    /// The way the mail took by its Received fields, for people.
    std::string hops;
};

/// Something turned up after the verdict.
struct EvidenceRecord {
    AfterVerdict evidence;
    /// Name of the mail's probe.
    std::string probe;
    /// The attempt whose copy it is about; 0 if none.
    std::uint8_t attempt = 0;
    WallTime wall;
};

/// Entries of a mailbox that need not be read again, and entries that are gone.
struct EntriesRecord {
    std::string mailbox;
    std::vector<std::pair<std::uint64_t, std::optional<Tag>>> classified;
    std::vector<std::uint64_t> gone;
};

/// One thing to keep. What is said of a mail is its whole state: a later one takes the place of an
/// earlier one.
using JournalRecord =
    std::variant<MailState, VerdictRecord, JudgedMail, EvidenceRecord, EntriesRecord, ClockRecord>;
/// What is kept together or not at all.
using JournalRecords = std::vector<JournalRecord>;

/// What record() could promise.
enum class Durability : std::uint8_t { durable, lost_on_crash };

/// Keeps records, in the order in which they are handed over; but of a state that was not kept yet
/// when a newer one came only that one.
class Journal {
  public:
    Journal() = default;
    Journal(const Journal&) = delete;
    Journal& operator=(const Journal&) = delete;
    virtual ~Journal() = default;

    /// Returns once the records are safe, or after a second at most with `lost_on_crash`.
    virtual Awaitable<Durability> record(JournalRecords records) = 0;
    /// False while records wait for a store that fails; what is remembered elsewhere only then is
    /// not safe, and nothing that rests on it may be deleted.
    [[nodiscard]] virtual bool healthy() const = 0;
    /// Hands over records that nobody waits for; they are safe when the next awaited ones are.
    virtual void note(JournalRecords records) = 0;

    /// The same of one record.
    Awaitable<Durability> record(JournalRecord one) { return record(alone(std::move(one))); }
    /// The same of one record.
    void note(JournalRecord one) { note(alone(std::move(one))); }

  private:
    static JournalRecords alone(JournalRecord one) {
        JournalRecords records;
        records.push_back(std::move(one));
        return records;
    }
};

/// Keeps nothing beyond the process. It calls that durable: a later run remembers nothing at all,
/// so nothing can contradict what was done.
class MemoryJournal final : public Journal {
  public:
    using Journal::note;
    using Journal::record;
    Awaitable<Durability> record(JournalRecords records) override;
    [[nodiscard]] bool healthy() const override { return true; }
    void note(JournalRecords records) override;
};

}  // namespace mailprobed
