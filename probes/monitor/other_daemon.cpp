// SPDX-License-Identifier: Apache-2.0
// A machine that was cloned, or a configuration that was copied, makes a second daemon with the
// same instance and key. To remove its mails would make its verdicts false.
#include "probes/monitor/context.hpp"

#include <chrono>

namespace mailprobed {

bool is_of_other_daemon(const Context& context, const Tag& tag) {
    if (context.needs.run == 0 || context.runs.may_have_sent(tag)) return false;
    // It may be one that nobody awaits any more, or of a run of ours whose ledger is gone; but a
    // clock that jumped ahead makes every mail look old.
    const std::optional<WallTime> now = context.wall.sure();
    if (!now) return true;
    const WallTime sent{std::chrono::milliseconds{static_cast<std::int64_t>(tag.sent_ms)}};
    return *now - sent <= context.ledger.longest_wait() + std::chrono::hours{1};
}

}  // namespace mailprobed
