// SPDX-License-Identifier: Apache-2.0
// All that is known of a mail without a verdict: the ledger holds it, the store keeps it, a later
// run takes it back.
#pragma once

#include "probes/base/time.hpp"
#include "probes/domain/identity/tag.hpp"
#include "probes/domain/outcome/failure.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mailprobed {

/// Index of a probe in the ledger.
using ProbeIndex = std::uint32_t;
/// Index of a mailbox in the ledger.
using MailboxIndex = std::uint32_t;

/// How far the current attempt of a mail had come.
enum class Progress : std::uint8_t {
    /// It began, and the server has not answered the dot: it may have the mail.
    intended,
    accepted,
    unconfirmed,
    /// Refused for the time being; a further attempt is planned.
    retry,
};

/// A mail without a verdict. Instants are of this boot, converted where they came from another.
struct MailState {
    MailId mail = 0;
    /// Name of its probe.
    std::string probe;
    Progress progress = Progress::intended;
    std::uint8_t attempt = 1;
    /// The attempt that `handed` belongs to; 0 if the dot was not written in any.
    std::uint8_t handed_attempt = 0;
    /// False if its instants come from another boot, or the wall clock was set meanwhile: latencies
    /// across that are not measured.
    bool exact = true;
    /// Its instants went by way of Unix time: the wall clock moves them when it is set. Not kept.
    bool converted = false;
    /// Latency and deadline run from `started`; `handed` is when the final dot was about to be
    /// written; the verdict falls by `grace_end`.
    Instant started, handed, deadline, grace_end;
    /// When it started.
    WallTime wall;
    std::uint64_t body_digest = 0;
    /// Of the attempts before, from the first one; 0 where one is unknown.
    std::vector<std::uint64_t> earlier_digests;
    /// mailbox_number() of where it ends; 0 if that was not recorded.
    std::uint32_t mailbox_number = 0;
    /// TagCodec::fingerprint() of the key of its tag; 0 if that was not recorded.
    std::uint64_t tag_key = 0;
    /// Why the last attempt that ended did not work; nothing after one that did.
    std::optional<StageCause> failure;
    /// What the server said last; free text.
    std::string detail;
    /// With `retry`: when the next attempt is planned.
    Instant again_at;
    /// Why looking cannot judge it any more; empty if it can. Not kept.
    std::string doubt;
};

}  // namespace mailprobed
