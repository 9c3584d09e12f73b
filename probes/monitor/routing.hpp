// SPDX-License-Identifier: Apache-2.0
// Which mailboxes the probes of a configuration need, and for what.
#pragma once

#include "probes/domain/settings.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

namespace mailprobed {

/// What makes two accounts the same mailbox, for POP3 locks it by these: host, port, user name.
using MailboxKey = std::tuple<std::string, std::uint16_t, std::string>;

/// The mailbox of a reading half.
[[nodiscard]] MailboxKey mailbox_key(const Pop3Settings& half);

/// Names a mailbox as mailbox_id() of a probe does.
[[nodiscard]] std::uint32_t mailbox_id(const MailboxKey& key);

/// Names the mailbox that mails of `probe` end in, by host and user name alone: another port or TLS
/// mode leads to the same one. Never 0.
[[nodiscard]] std::uint32_t mailbox_id(const Settings& settings, const ProbeSettings& probe);

/// Names a mailbox in records of its entries, by all of its key: unique ids of another server or
/// user may be equal. Reading strangers again after a change of port is the lesser evil. Begins
/// with a character that no account's name has: by those the first ledgers named mailboxes.
[[nodiscard]] std::string mailbox_text(const MailboxKey& key);

/// The mailboxes of a configuration and the ways of its probes.
struct Routing {
    /// A mailbox.
    struct Box {
        MailboxKey key;
        /// The first account in the file that names it; gives it its name.
        const AccountSettings* account = nullptr;
        /// Reports of non-delivery may come here.
        bool bounces = false;
    };
    /// A probe's mailboxes, as positions in `boxes`.
    struct Way {
        std::size_t box = 0;
        /// Where its bounces come, if that is another mailbox and watched.
        std::optional<std::size_t> bounces;
    };

    /// Those that a probe needs.
    std::vector<Box> boxes;
    /// In the order of the probes.
    std::vector<Way> ways;
};

/// Points into `settings`.
[[nodiscard]] Routing routing_of(const Settings& settings);

}  // namespace mailprobed
