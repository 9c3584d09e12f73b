// SPDX-License-Identifier: Apache-2.0
// What earlier runs knew of judged mails and of the entries of mailboxes.
#pragma once

#include "probes/domain/ledger/restored.hpp"
#include "probes/monitor/journal.hpp"
#include "probes/monitor/watcher.hpp"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace mailprobed {

/// Takes up mails that earlier runs judged, of probes that are configured.
void restore_settled(Ledger& ledger, const std::vector<RestoredVerdict>& mails,
                     const std::map<std::string, ProbeIndex, std::less<>>& probes);

/// Tells `watchers`, which are by mailbox_text(), of their entries. Those of mailboxes that nobody
/// looks into are taken out of the journal.
void restore_entries(const std::vector<RestoredEntry>& entries,
                     const std::map<std::string, Watcher*>& watchers, Journal& journal);

}  // namespace mailprobed
