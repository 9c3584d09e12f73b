// SPDX-License-Identifier: Apache-2.0
// The one place that knows which protocols there are.
#include "probes/monitor/mailbox_sessions.hpp"

#include "probes/session/pop3/session.hpp"

namespace mailprobed {

std::unique_ptr<MailboxSession> mailbox_session(Channel& channel, const MailboxSettings& settings,
                                                Instant give_up, Trace& trace) {
    return std::make_unique<Pop3Session>(channel, settings, give_up, trace);
}

}  // namespace mailprobed
