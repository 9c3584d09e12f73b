// SPDX-License-Identifier: Apache-2.0
// Restores what an earlier run left: mails, the entries of mailboxes, the history of probes.
#pragma once

#include "probes/domain/ledger/mail_state.hpp"
#include "probes/domain/settings/settings.hpp"
#include "probes/monitor/context.hpp"
#include "probes/monitor/journal.hpp"
#include "probes/monitor/prober.hpp"
#include "probes/monitor/watcher.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace mailprobed {

/// What it is restored into. The containers must not change meanwhile.
struct RestoreInto {
    Context& context;
    const std::map<std::string, ProbeIndex, std::less<>>& probes;
    /// By index.
    std::vector<Prober*> probers;
    /// By mailbox_text().
    std::map<std::string, Watcher*> watchers;
};

/// A mail of which a further attempt was to be made, and who makes it.
struct MailToRetry {
    Prober* prober;
    MailState mail;
};

/// Restores the state of an earlier run and tells the observer of each probe's; mails and entries
/// that nobody looks for any more end in the journal. `now` and `wall` are the same instant; the
/// clocks are read for steps meanwhile.
[[nodiscard]] std::vector<MailToRetry> restore_state(const RestoredState& restored,
                                                     const RestoreInto& into, Instant now,
                                                     WallTime wall);

/// The end of a mail whose probe (nullptr) is no longer configured or has its mails end elsewhere
/// now: where this one would arrive nobody looks, so nobody can know. Nothing if it is looked for.
/// `wall` is now.
[[nodiscard]] std::optional<VerdictRecord> verdict_if_unwatched(const Settings& settings,
                                                                const ProbeSettings* probe,
                                                                const MailState& mail,
                                                                WallTime wall);

}  // namespace mailprobed
