// SPDX-License-Identifier: Apache-2.0
// Mails of an earlier run that nobody looks for any more.
#pragma once

#include "probes/domain/ledger/mail_state.hpp"
#include "probes/domain/settings/settings.hpp"
#include "probes/monitor/journal.hpp"

#include <optional>

namespace mailprobed {

/// The end of a mail whose probe (nullptr) is no longer configured or has its mails end elsewhere
/// now: where this one would arrive nobody looks, so nobody can know. Nothing if it is looked for.
/// `wall` is now.
[[nodiscard]] std::optional<VerdictRecord> verdict_if_unwatched(const Settings& settings,
                                                                const ProbeSettings* probe,
                                                                const MailState& mail,
                                                                WallTime wall);

}  // namespace mailprobed
