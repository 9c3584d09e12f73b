// SPDX-License-Identifier: Apache-2.0
// One cell's conversation with real sockets, and what is said of it.
#pragma once

#include "probes/domain/settings/settings.hpp"
#include "probes/net/socket_channel.hpp"
#include "tests/campaigns/grid/cell.hpp"

#include <string>
#include <vector>

namespace mailprobed::grid {

/// What came of a conversation.
struct Visit {
    Answer answer;
    /// The failure's detail.
    std::string detail;
    /// What contradicts itself: told moments, durations, secrets in the transcript.
    std::vector<std::string> complaints;
    /// What was said and heard, for people.
    std::string transcript;
};

/// Who visits which server, how.
struct Visitor {
    Endpoint server;
    std::string user;
    std::string password;
    Timeouts timeouts;
};

/// Time enough everywhere but in the stage that the cell lets run out of time.
[[nodiscard]] Timeouts timeouts_of(const Cell& cell);

/// Sends one mail.
Awaitable<void> send(Connector& connector, const Visitor& visitor, Visit& visit);
/// Looks into the mailbox as the watcher does and deletes the first mail.
Awaitable<void> look(Connector& connector, const Visitor& visitor, Visit& visit);

}  // namespace mailprobed::grid
