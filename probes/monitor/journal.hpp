// SPDX-License-Identifier: Apache-2.0
// What prober and watcher wait for before they send, judge or delete: the ledger's records made
// durable. This file knows the records; where they go is the daemon's business.
#pragma once

#include "probes/domain/failure.hpp"
#include "probes/domain/tag.hpp"
#include "probes/domain/time.hpp"
#include "probes/domain/verdict.hpp"
#include "probes/net/awaitable.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace mailprobed {

/// What happened to a mail, in the order of its life.
enum class RecordKind : std::uint8_t { intent, accepted, refused, unconfirmed, seen, judged };

/// One line of a mail's record.
struct JournalRecord {
    RecordKind kind = RecordKind::intent;
    MailId mail = 0;
    std::string_view probe;
    std::uint8_t attempt = 1;
    Instant at;
    WallTime wall;
    /// For refused and unconfirmed.
    std::optional<StageCause> failure;
    /// For judged.
    std::optional<Verdict> verdict;
    /// For intent: digest of the body.
    std::uint64_t body_digest = 0;
};

/// What record() could promise.
enum class Durability : std::uint8_t { durable, lost_on_crash };

/// Keeps records.
class Journal {
  public:
    Journal() = default;
    Journal(const Journal&) = delete;
    Journal& operator=(const Journal&) = delete;
    virtual ~Journal() = default;

    /// Returns once the record is safe, or after a second at most with `lost_on_crash`.
    virtual Awaitable<Durability> record(JournalRecord record) = 0;
};

/// Keeps nothing beyond the process: the ledger in memory is all there is.
class MemoryJournal final : public Journal {
  public:
    Awaitable<Durability> record(JournalRecord record) override;
};

}  // namespace mailprobed
