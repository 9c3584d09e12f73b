// SPDX-License-Identifier: Apache-2.0
// From names to mailboxes.
#include "probes/domain/plan/routing.hpp"

#include "probes/domain/identity/tag.hpp"
#include "probes/domain/plan/seen_entries.hpp"

#include <algorithm>
#include <map>

namespace mailprobed {

std::uint32_t mailbox_number(const MailboxId& key) {
    return std::max(name_id(key.username + "@" + key.host), 1U);
}

std::uint32_t mailbox_number(const Settings& settings, const ProbeSettings& probe) {
    return mailbox_number(settings.account(probe.to)->mailbox->id());
}

std::string mailbox_text(const MailboxId& key) {
    return "#" + std::to_string(
                     entry_hash(key.username + "@" + key.host + ":" + std::to_string(key.port)));
}

std::map<std::string, std::string, std::less<>> mailboxes_of(const Settings& settings) {
    std::map<MailboxId, std::string> first;
    std::map<std::string, std::string, std::less<>> result;
    for (const AccountSettings& account : settings.accounts) {
        if (!account.mailbox) continue;
        result[account.name] = first.try_emplace(account.mailbox->id(), account.name).first->second;
    }
    return result;
}

Routing routing_of(const Settings& settings) {
    Routing routing;
    std::map<MailboxId, const AccountSettings*> named_by;
    for (const AccountSettings& account : settings.accounts) {
        if (account.mailbox) named_by.try_emplace(account.mailbox->id(), &account);
    }
    std::map<MailboxId, std::size_t> known;
    const auto box_of = [&](const MailboxSettings& half) {
        const MailboxId key = half.id();
        const auto [entry, fresh] = known.try_emplace(key, routing.boxes.size());
        if (fresh) routing.boxes.push_back({key, named_by.at(key), false});
        return entry->second;
    };
    for (const ProbeSettings& probe : settings.probes) {
        Routing::ProbeMailboxes way;
        way.box = box_of(*settings.account(probe.to)->mailbox);
        const auto& sender = settings.account(probe.from)->mailbox;
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
