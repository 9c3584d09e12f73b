// SPDX-License-Identifier: Apache-2.0
// Whose a mail is that bears a tag.
#pragma once

#include <cstdint>

namespace mailprobed {

/// Where a mail with a verified tag belongs, as a mailbox sees it.
enum class TagOwner : std::uint8_t {
    here,
    /// It is ours, but this is not where its probe's mails end.
    elsewhere,
    /// Of another daemon.
    foreign,
    /// Of another daemon that has our instance and key.
    other_daemon,
};

}  // namespace mailprobed
