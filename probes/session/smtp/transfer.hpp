// SPDX-License-Identifier: Apache-2.0
// The mail transaction of SMTP: envelope, data, and who has the mail now.
#pragma once

#include "probes/session/smtp/dialogue.hpp"
#include "probes/session/smtp/session.hpp"
#include "probes/wire/smtp/capabilities.hpp"

#include <string_view>

namespace mailprobed {

/// Runs stages envelope, data and accept, and ends the last. `payload` is the message dot-stuffed,
/// with the final dot. Throws DialogueError or ChannelError.
Awaitable<void> transfer(SmtpDialogue& smtp, const SmtpSettings& settings,
                         const SmtpCapabilities& offered, const Envelope& envelope,
                         std::string_view payload, SendListener& listener);

}  // namespace mailprobed
