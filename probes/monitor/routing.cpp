// SPDX-License-Identifier: Apache-2.0
// From names to mailboxes.
#include "probes/monitor/routing.hpp"

#include "probes/domain/tag.hpp"
#include "probes/monitor/known_entries.hpp"

#include <algorithm>
#include <map>

namespace mailprobed {

MailboxKey mailbox_key(const Pop3Settings& half) {
    return {half.server.host, half.server.port, half.username};
}

std::uint32_t mailbox_id(const MailboxKey& key) {
    const auto& [host, port, user] = key;
    return std::max(name_id(user + "@" + host), 1U);
}

std::uint32_t mailbox_id(const Settings& settings, const ProbeSettings& probe) {
    return mailbox_id(mailbox_key(*settings.account(probe.to)->pop3));
}

std::string mailbox_text(const MailboxKey& key) {
    const auto& [host, port, user] = key;
    return "#" + std::to_string(entry_hash(user + "@" + host + ":" + std::to_string(port)));
}

Routing routing_of(const Settings& settings) {
    Routing routing;
    std::map<MailboxKey, const AccountSettings*> named_by;
    for (const AccountSettings& account : settings.accounts) {
        if (account.pop3) named_by.try_emplace(mailbox_key(*account.pop3), &account);
    }
    std::map<MailboxKey, std::size_t> known;
    const auto box_of = [&](const Pop3Settings& half) {
        const MailboxKey key = mailbox_key(half);
        const auto [entry, fresh] = known.try_emplace(key, routing.boxes.size());
        if (fresh) routing.boxes.push_back({key, named_by.at(key), false});
        return entry->second;
    };
    for (const ProbeSettings& probe : settings.probes) {
        Routing::Way way;
        way.box = box_of(*settings.account(probe.to)->pop3);
        const auto& sender = settings.account(probe.from)->pop3;
        if (probe.bounces && sender) {
            const std::size_t home = box_of(*sender);
            routing.boxes[home].bounces = true;
            if (home != way.box) way.bounces = home;
        }
        routing.ways.push_back(way);
    }
    return routing;
}

}  // namespace mailprobed
