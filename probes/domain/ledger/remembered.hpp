// SPDX-License-Identifier: Apache-2.0
// What a journal gives back after a restart: mails as an earlier run left them.
#pragma once

#include "probes/base/time.hpp"
#include "probes/domain/identity/run_identity.hpp"
#include "probes/domain/identity/tag.hpp"
#include "probes/domain/outcome/failure.hpp"
#include "probes/domain/outcome/verdict.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mailprobed {

/// How far the current attempt of a mail had come.
enum class Progress : std::uint8_t {
    /// Its intent is recorded, its answer is not: the server may have the mail.
    intended,
    accepted,
    unconfirmed,
    /// Refused for the time being; a further attempt was planned.
    retry,
};

/// A mail without a verdict.
struct RememberedMail {
    MailId mail = 0;
    std::string probe;
    Progress progress = Progress::intended;
    std::uint8_t attempt = 1;
    /// The attempt that `handed` belongs to; 0 if none is known.
    std::uint8_t handed_attempt = 0;
    /// Instants of this boot, converted where the record is of another one.
    Instant started, handed, deadline, grace_end;
    WallTime wall;
    /// False if the record is of another boot, or the wall clock was set meanwhile: latencies
    /// across that are not measured.
    bool exact = true;
    /// The instants went by way of Unix time: the wall clock moves them when it is set.
    bool converted = false;
    /// Why looking cannot judge it any more; empty if it can.
    std::string doubt;
    std::uint64_t body_digest = 0;
    /// Of the attempts before, from the first one; 0 where one is unknown.
    std::vector<std::uint64_t> earlier_digests;
    /// Names the mailbox that it ends in; 0 if that was not recorded.
    std::uint32_t mailbox = 0;
    /// TagCodec::fingerprint() of the key of its tag; 0 if that was not recorded.
    std::uint64_t tag_key = 0;
    std::optional<StageCause> failure;
    std::string detail;
    /// With `retry`: when the next attempt was planned.
    Instant again_at;
};

/// A mail that has its verdict and still may leave evidence.
struct RememberedVerdict {
    MailId mail = 0;
    std::string probe;
    Verdict verdict = Verdict::lost;
    Instant started, handed, deadline;
    /// False if the record is of another boot.
    bool exact = true;
    /// The server refused the mail for good.
    bool refused = false;
    bool arrived = false;
    bool bounced = false;
    /// A complete look after the deadline did not show it.
    bool absent = false;
    /// The attempt whose copy arrived; 0 if none or unknown.
    std::uint8_t attempt = 0;
    /// Bit n: a copy of attempt n was counted as a retry copy.
    std::uint32_t retry_copies = 0;
    std::uint8_t duplicates = 0;
    std::uint8_t removed = 0;
    /// Hash of the unique id of a copy that was removed.
    std::uint64_t removed_entry = 0;
};

/// An entry of a mailbox that an earlier run classified.
struct RememberedEntry {
    std::string mailbox;
    std::uint64_t key = 0;
    /// Set if it is one of ours.
    std::optional<Tag> own;
};

/// What the gauges of a probe showed.
struct RememberedProbe {
    std::string probe;
    std::optional<WallTime> last_started, last_delivered, last_verdict;
    std::optional<Duration> last_round_trip, last_uncertainty;
    /// Verdicts since the last `delivered`.
    std::uint64_t bad_streak = 0;
    /// The last 10 verdicts, newest in bit 0; a set bit is one that was not `delivered`.
    std::uint32_t recent_bad = 0;
    /// False before the first verdict.
    bool judged = false;
};

/// All that an earlier run left.
struct Remembered {
    std::vector<RememberedMail> pending;
    std::vector<RememberedVerdict> settled;
    std::vector<RememberedEntry> entries;
    std::vector<RememberedProbe> probes;
    std::vector<RememberedRun> runs;
    /// Both clocks when instants of other boots were converted; nothing if none were read.
    std::optional<std::pair<Instant, WallTime>> read_at;
};

}  // namespace mailprobed
