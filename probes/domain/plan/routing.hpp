// SPDX-License-Identifier: Apache-2.0
// Which mailboxes the probes of a configuration need, and for what.
#pragma once

#include "probes/domain/settings/settings.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace mailprobed {

/// Names a mailbox as mailbox_number() of a probe does.
[[nodiscard]] std::uint32_t mailbox_number(const MailboxId& key);

/// Names the mailbox that mails of `probe` end in, by host and user name alone: another port or TLS
/// mode leads to the same one. Never 0.
[[nodiscard]] std::uint32_t mailbox_number(const Settings& settings, const ProbeSettings& probe);

/// Names a mailbox in records of its entries, by all of its key: unique ids of another server or
/// user may be equal. Reading strangers again after a change of port is the lesser evil. Begins
/// with a character that no account's name has: by those the first ledgers named mailboxes.
[[nodiscard]] std::string mailbox_text(const MailboxId& key);

/// The mailboxes of a configuration and the ways of its probes.
struct Routing {
    /// A mailbox.
    struct Box {
        MailboxId key;
        /// The first account in the file that names it; gives it its name.
        const AccountSettings* account = nullptr;
        /// Reports of non-delivery may come here.
        bool bounces = false;
    };
    /// A probe's mailboxes, as positions in `boxes`.
    struct ProbeMailboxes {
        std::size_t box = 0;
        /// Where its bounces come, if that is another mailbox and watched.
        std::optional<std::size_t> bounces;
    };

    /// Those that a probe needs.
    std::vector<Box> boxes;
    /// In the order of the probes.
    std::vector<ProbeMailboxes> ways;
};

/// The mailbox of every account with a reading half: the name of the first account in the
/// configuration with the same key.
[[nodiscard]] std::map<std::string, std::string, std::less<>> mailboxes_of(
    const Settings& settings);

/// Points into `settings`.
[[nodiscard]] Routing routing_of(const Settings& settings);

}  // namespace mailprobed
