// SPDX-License-Identifier: Apache-2.0
// Sessions with mailboxes, by what is configured.
#pragma once

#include "probes/domain/settings/settings.hpp"
#include "probes/net/channel.hpp"
#include "probes/session/mailbox.hpp"
#include "probes/session/trace.hpp"

#include <functional>
#include <memory>

namespace mailprobed {

/// Makes the session of one look, which ends at `give_up` at the latest; what it is given must
/// outlive it.
using MailboxSessions = std::function<std::unique_ptr<MailboxSession>(
    Channel& channel, const MailboxSettings& settings, Instant give_up, Trace& trace)>;

/// A session in the protocol of `settings`.
[[nodiscard]] std::unique_ptr<MailboxSession> mailbox_session(Channel& channel,
                                                              const MailboxSettings& settings,
                                                              Instant give_up, Trace& trace);

}  // namespace mailprobed
