// SPDX-License-Identifier: Apache-2.0
// What a journal gives back after a restart: mails as an earlier run left them.
#pragma once

#include "probes/base/time.hpp"
#include "probes/domain/identity/run_identity.hpp"
#include "probes/domain/identity/tag.hpp"
#include "probes/domain/ledger/judgement.hpp"
#include "probes/domain/ledger/mail_state.hpp"
#include "probes/domain/ledger/probe_history.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mailprobed {

/// A mail that has its verdict and still may leave evidence.
struct RestoredVerdict {
    /// Name of its probe.
    std::string probe;
    JudgedMail mail;
};

/// An entry of a mailbox that an earlier run classified.
struct RestoredEntry {
    std::string mailbox;
    std::uint64_t key = 0;
    /// Set if it is one of ours.
    std::optional<Tag> own;
};

/// What the verdicts of a probe were.
struct RestoredProbe {
    std::string probe;
    ProbeHistory history;
};

/// All that an earlier run left.
struct RestoredState {
    std::vector<MailState> pending;
    std::vector<RestoredVerdict> settled;
    std::vector<RestoredEntry> entries;
    std::vector<RestoredProbe> probes;
    std::vector<RestoredRun> runs;
    /// Both clocks when instants of other boots were converted; nothing if none were read.
    std::optional<std::pair<Instant, WallTime>> read_at;
};

}  // namespace mailprobed
