// SPDX-License-Identifier: Apache-2.0
// What an earlier run knew of the entries of mailboxes.
#pragma once

#include "probes/domain/remembered.hpp"
#include "probes/monitor/journal.hpp"
#include "probes/monitor/watcher.hpp"

#include <map>
#include <string>
#include <vector>

namespace mailprobed {

/// Tells `watchers`, which are by mailbox_text(), of their entries. Those of mailboxes that nobody
/// looks into are taken out of the journal.
void restore_entries(const std::vector<RememberedEntry>& entries,
                     const std::map<std::string, Watcher*>& watchers, Journal& journal);

}  // namespace mailprobed
