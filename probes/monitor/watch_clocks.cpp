// SPDX-License-Identifier: Apache-2.0
// Polled: a timer that is told of steps would need a descriptor and tell no more.
#include "probes/monitor/watch_clocks.hpp"

#include "probes/net/boot_clock.hpp"
#include "probes/net/task_group.hpp"

#include <chrono>

namespace mailprobed {
namespace {

constexpr std::chrono::seconds kEvery{1};
constexpr std::chrono::minutes kRecordEvery{1};

}  // namespace

bool read_clocks(Context& context) {
    const Instant now = BootClock::now();
    const WallTime wall = wall_now();
    const std::optional<Duration> step = context.wall.read(now, wall);
    if (!step) return false;
    context.ledger.clock_set(*step, now);
    context.needs.journal.note(ClockRecord{now, wall});
    return true;
}

Awaitable<void> watch_clocks(Context& context) {
    BootTimer timer(context.needs.executor);
    Instant recorded = BootClock::now();
    for (;;) {
        const Instant now = BootClock::now();
        if (read_clocks(context)) {
            recorded = now;
        } else if (now - recorded >= kRecordEvery) {
            context.needs.journal.note(ClockRecord{now, wall_now()});
            recorded = now;
        }
        co_await sleep_until(timer, now + kEvery);
    }
}

}  // namespace mailprobed
