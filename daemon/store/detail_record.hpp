// SPDX-License-Identifier: Apache-2.0
// What the ledger keeps for people only: stages, conversations and looks of a mail. No verdict
// rests on it.
#pragma once

#include "probes/base/time.hpp"
#include "probes/domain/identity/tag.hpp"

#include <cstdint>
#include <string>
#include <variant>

namespace mailprobed {

/// One attempt to submit a mail.
struct AttemptDetails {
    MailId mail = 0;
    std::uint8_t attempt = 1;
    WallTime began;
    Duration took{};
    /// As conversation_text() makes it.
    std::string conversation;
    /// Until when it is kept.
    WallTime until;
};

/// The looks by which a mail was judged.
struct LookDetails {
    MailId mail = 0;
    /// As looks_text() makes it.
    std::string looks;
    WallTime until;
};

/// What is known of a mail is worth keeping longer.
struct KeepDetails {
    MailId mail = 0;
    WallTime until;
};

/// A record of the history.
using DetailRecord = std::variant<AttemptDetails, LookDetails, KeepDetails>;

}  // namespace mailprobed
