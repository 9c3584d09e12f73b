// SPDX-License-Identifier: Apache-2.0
// Login to an SMTP server (RFC 4954): PLAIN, LOGIN, CRAM-MD5.
#pragma once

#include "probes/domain/plan/backoff.hpp"
#include "probes/domain/settings/settings.hpp"
#include "probes/session/smtp/dialogue.hpp"
#include "probes/wire/smtp/capabilities.hpp"

namespace mailprobed {

/// True if `settings` ask for a login.
[[nodiscard]] bool wants_login(const SmtpSettings& settings) noexcept;

/// Logs in, in the open stage auth. Throws DialogueError; not one octet of a credential leaves
/// unless the mechanism was offered and TLS, settings or the mechanism allow it. With `auth: auto`
/// one more mechanism is tried where the first was refused as such, or before the password left.
/// `end` tells what came of it; while an answer to the password is awaited, it is `hung_up`.
Awaitable<void> log_in(SmtpDialogue& smtp, const SmtpSettings& settings,
                       const SmtpCapabilities& offered, LoginEnd& end);

}  // namespace mailprobed
