// SPDX-License-Identifier: Apache-2.0
// What prober and watcher wait for before they send, judge or delete: the ledger's records made
// durable. This file knows the records; where they go is the daemon's business.
#pragma once

#include "probes/domain/ledger/ledger.hpp"
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

/// An attempt is about to be made; the first one of a mail enters it.
struct IntentRecord {
    MailId mail = 0;
    std::string probe;
    std::uint8_t attempt = 1;
    /// 0: the dot was not written in any attempt.
    std::uint8_t handed_attempt = 0;
    Instant started, handed, deadline, grace_end;
    WallTime wall;
    /// False if the mail comes from another boot.
    bool exact = true;
    std::uint64_t body_digest = 0;
    /// Of the attempts before, from the first one; 0 where one is unknown.
    std::vector<std::uint64_t> earlier_digests;
    /// Where the mail ends; counts for the first attempt.
    std::uint32_t mailbox = 0;
    /// TagCodec::fingerprint() of the key that its tag is made with; 0 if unknown.
    std::uint64_t tag_key = 0;
    /// When it was made.
    std::optional<ClockRecord> clocks;
};

/// How an attempt ended: Progress without `intended`, and refused for good.
enum class Answer : std::uint8_t { accepted, unconfirmed, retry, refused };

/// An attempt ended.
struct AnswerRecord {
    MailId mail = 0;
    Answer answer = Answer::accepted;
    std::uint8_t attempt = 1;
    /// 0: the dot was not written in any attempt.
    std::uint8_t handed_attempt = 0;
    Instant started, handed, deadline, grace_end;
    /// For all but accepted.
    std::optional<StageCause> failure;
    std::string detail;
    /// False if the mail comes from another boot.
    bool exact = true;
    /// For retry: when the next attempt is planned.
    Instant again_at;
};

/// A mail got its verdict.
struct VerdictRecord {
    Judgement judgement;
    std::string probe;
    WallTime wall;
    /// The way the mail took by its Received fields, for people.
    std::string hops;
};

/// Something turned up after the verdict.
struct EvidenceRecord {
    AfterVerdict evidence;
    std::string probe;
    /// The attempt whose copy it is about; 0 if none.
    std::uint8_t attempt = 0;
    WallTime wall;
};

/// A complete look after the deadline did not show a mail that was judged `unobserved`.
struct AbsentRecord {
    MailId mail = 0;
};

/// The server confirmed that copies of a mail are deleted.
struct RemovedRecord {
    MailId mail = 0;
    std::uint8_t attempt = 1;
    std::uint8_t copies = 0;
    /// Hash of the unique id of one of them.
    std::uint64_t entry = 0;
};

/// Entries of a mailbox that need not be read again, and entries that are gone.
struct EntriesRecord {
    std::string mailbox;
    std::vector<std::pair<std::uint64_t, std::optional<Tag>>> classified;
    std::vector<std::uint64_t> gone;
};

/// One thing to remember.
using JournalRecord = std::variant<IntentRecord, AnswerRecord, VerdictRecord, EvidenceRecord,
                                   AbsentRecord, RemovedRecord, EntriesRecord, ClockRecord>;

/// What record() could promise.
enum class Durability : std::uint8_t { durable, lost_on_crash };

/// Keeps records, in the order in which they are handed over.
class Journal {
  public:
    Journal() = default;
    Journal(const Journal&) = delete;
    Journal& operator=(const Journal&) = delete;
    virtual ~Journal() = default;

    /// Returns once the record is safe, or after a second at most with `lost_on_crash`.
    virtual Awaitable<Durability> record(JournalRecord record) = 0;
    /// False while records wait for a store that fails; what is remembered elsewhere only then is
    /// not safe, and nothing that rests on it may be deleted.
    [[nodiscard]] virtual bool healthy() const = 0;
    /// Hands over a record that nobody waits for; it is safe when the next awaited one is.
    virtual void note(JournalRecord record) = 0;
};

/// Keeps nothing beyond the process. It calls that durable: a later run remembers nothing at all,
/// so nothing can contradict what was done.
class MemoryJournal final : public Journal {
  public:
    Awaitable<Durability> record(JournalRecord record) override;
    [[nodiscard]] bool healthy() const override { return true; }
    void note(JournalRecord record) override;
};

}  // namespace mailprobed
