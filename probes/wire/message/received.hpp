// SPDX-License-Identifier: Apache-2.0
// The way a mail says it took: its Received fields (RFC 5321 4.4). Other people's claims and
// clocks.
#pragma once

#include "probes/base/time.hpp"
#include "probes/wire/message/mail_headers.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace mailprobed {

/// One Received field; what it does not say is empty. Names are safe to show, 255 octets at most.
struct Hop {
    /// The server that took the mail.
    std::string by;
    /// What the server that gave it called itself.
    std::string from;
    /// When, by the taker's clock.
    std::optional<WallTime> at;
};

/// Hops kept at most.
inline constexpr std::size_t kMaxHops = 50;

/// The Received fields from the top, which is the newest, down; at most kMaxHops.
[[nodiscard]] std::vector<Hop> received_hops(const MailHeaders& headers);

}  // namespace mailprobed
