// SPDX-License-Identifier: Apache-2.0
// Login to a POP3 mailbox: USER and PASS, AUTH PLAIN, APOP.
#pragma once

#include "probes/domain/settings.hpp"
#include "probes/domain/time.hpp"
#include "probes/session/pop3_dialogue.hpp"
#include "probes/wire/pop3_capabilities.hpp"

#include <optional>
#include <string_view>

namespace mailprobed {

/// Logs in, in the open stage auth. `offered` is empty if the server has no CAPA; `greeting` may
/// hold APOP's timestamp. `login_at` gets the instant before the command that carries the
/// password or its digest. Throws Trouble.
Awaitable<void> log_in(Pop3Dialogue& pop3, const Pop3Settings& settings,
                       const std::optional<Pop3Capabilities>& offered, std::string_view greeting,
                       std::optional<Instant>& login_at);

}  // namespace mailprobed
