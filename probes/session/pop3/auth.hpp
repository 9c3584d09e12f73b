// SPDX-License-Identifier: Apache-2.0
// Login to a POP3 mailbox: USER and PASS, AUTH PLAIN, APOP.
#pragma once

#include "probes/base/time.hpp"
#include "probes/domain/plan/backoff.hpp"
#include "probes/domain/settings/settings.hpp"
#include "probes/session/pop3/dialogue.hpp"
#include "probes/wire/pop3/capabilities.hpp"

#include <optional>
#include <string_view>

namespace mailprobed {

/// A login, as far as it has come.
struct Pop3Login {
    /// The instant before the command that carried the password or its digest; nothing before it.
    std::optional<Instant> at;
    /// Until the session is over, `hung_up` means that the answer is awaited.
    LoginEnd end = LoginEnd::untold;
    /// What refusals without a code may mean.
    WordTrust trust = WordTrust::all;
};

/// Logs in, in the open stage auth. `offered` is empty if the server has no CAPA; `greeting` may
/// hold APOP's timestamp. Throws DialogueError. With `auth: auto`, USER and PASS are tried where
/// AUTH PLAIN was refused without a code before the password left, and nothing else is tried twice.
Awaitable<void> log_in(Pop3Dialogue& pop3, const MailboxSettings& settings,
                       const std::optional<Pop3Capabilities>& offered, std::string_view greeting,
                       Pop3Login& login);

}  // namespace mailprobed
