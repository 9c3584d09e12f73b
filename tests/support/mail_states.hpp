// SPDX-License-Identifier: Apache-2.0
// Mails for tests of the ledger.
#pragma once

#include "probes/domain/ledger/mail_state.hpp"

namespace mailprobed::test {

/// A mail that is about to be sent.
inline MailState starting(MailId mail, Instant started, WallTime wall = {},
                          std::uint64_t body_digest = 0) {
    MailState state;
    state.mail = mail;
    state.started = started;
    state.wall = wall;
    state.body_digest = body_digest;
    return state;
}

}  // namespace mailprobed::test
