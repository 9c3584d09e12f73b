// SPDX-License-Identifier: Apache-2.0
// The values that the store's statements bind.
#pragma once

#include "probes/base/time.hpp"
#include "probes/domain/ledger/judgement.hpp"
#include "probes/domain/ledger/mail_state.hpp"
#include "probes/domain/ledger/probe_history.hpp"

#include <cstdint>
#include <string>

namespace mailprobed::ledger {

/// What columns of numbers hold.
using Number = long long;

/// A value as a column holds it.
[[nodiscard]] inline Number number(std::uint64_t value) noexcept {
    return static_cast<Number>(value);
}

/// A value as a column holds it.
[[nodiscard]] inline Number number(Instant at) noexcept {
    return at.time_since_epoch().count();
}

/// A value as a column holds it.
[[nodiscard]] inline Number number(WallTime at) noexcept {
    return at.time_since_epoch().count();
}

/// A flag as a column holds it.
[[nodiscard]] inline int number(bool flag) noexcept {
    return flag ? 1 : 0;
}

/// What a statement binds is filled as a whole for each record, so that nothing of the one before
/// is left in it.
struct MailColumns {
    Number mail = 0, run = 0, wall = 0, started = 0, handed = 0, deadline = 0, grace_end = 0;
    Number digest = 0, again = 0, mailbox = 0, tag_key = 0;
    int attempt = 1, handed_attempt = 0, exact = 1, at_risk = 0;
    std::string probe, progress, stage, cause, detail, earlier_digests;
};

/// The columns that a verdict fills.
struct VerdictColumns {
    Number judged = 0, lower = 0, upper = 0;
    int unmeasured = 0, uncertain = 0;
    std::string verdict, body, status_class, hops;
};

/// The columns of a judged mail that change after the verdict.
struct JudgedColumns {
    Number mail = 0, removed_entry = 0;
    int refused = 0, arrived = 0, bounced = 0, absent = 0, attempt = 0, duplicates = 0, removed = 0;
};

/// A row of evidence.
struct EvidenceColumns {
    Number mail = 0, wall = 0;
    int attempt = 0, copies = 0;
    std::string kind, probe;
};

/// A row of entries.
struct EntryColumns {
    Number entry = 0, mail = 0, probe_id = 0;
    int attempt = 0;
    std::string mailbox;
};

/// The columns of a state; `run` is the run that its instants belong to.
[[nodiscard]] MailColumns columns_of(const MailState& state, Number run, bool at_risk);
/// The columns of a verdict that fell at `wall`.
[[nodiscard]] VerdictColumns columns_of(const Judgement& judgement, WallTime wall,
                                        const std::string& hops);
/// The columns of a judged mail.
[[nodiscard]] JudgedColumns columns_of(const JudgedMail& mail);

/// The columns of a probe's row.
struct ProbeColumns {
    std::string probe;
    Number started = 0, delivered = 0, judged = 0, round_trip = 0, uncertainty = 0, streak = 0;
    int recent = 0;
};

/// The columns of a probe.
[[nodiscard]] ProbeColumns columns_of(const std::string& probe, const ProbeHistory& history);

}  // namespace mailprobed::ledger
