// SPDX-License-Identifier: Apache-2.0
// One record for each mailbox that is left: there may be a hundred thousand entries.
#include "probes/monitor/restore_entries.hpp"

#include "probes/net/boot_clock.hpp"

#include <utility>

namespace mailprobed {

void restore_settled(Ledger& ledger, const std::vector<RestoredVerdict>& mails,
                     const std::map<std::string, ProbeIndex, std::less<>>& probes) {
    const Instant now = BootClock::now();
    for (const RestoredVerdict& mail : mails) {
        const auto probe = probes.find(mail.probe);
        if (probe != probes.end()) ledger.restore(probe->second, mail.mail, now);
    }
}

void restore_entries(const std::vector<RestoredEntry>& entries,
                     const std::map<std::string, Watcher*>& watchers, Journal& journal) {
    std::map<std::string, EntriesRecord> unwatched;
    for (const RestoredEntry& entry : entries) {
        const auto box = watchers.find(entry.mailbox);
        if (box != watchers.end()) {
            box->second->remember(entry);
        } else {
            unwatched[entry.mailbox].gone.push_back(entry.key);
        }
    }
    // Nobody would say of these when they are gone.
    for (auto& [mailbox, record] : unwatched) {
        record.mailbox = mailbox;
        journal.note(std::move(record));
    }
}

}  // namespace mailprobed
