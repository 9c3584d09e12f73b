// SPDX-License-Identifier: Apache-2.0
// Ticks: an even grid, spread by name, no bursts after a stall.
#include "probes/domain/plan/schedule.hpp"

#include <gtest/gtest.h>

namespace mailprobed {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const WallTime kWall{std::chrono::seconds{1'800'000'000}};
const Instant kBoot{std::chrono::seconds{5000}};

TEST(TickGrid, IsEvenAndNeverBeforeNow) {
    const TickGrid grid("a", seconds{60}, kWall, kBoot);
    Instant tick = grid.next(kBoot);
    EXPECT_GE(tick, kBoot);
    EXPECT_LT(tick - kBoot, seconds{60});
    for (int i = 0; i < 10; ++i) {
        const Instant next = grid.next(tick + Duration{1});
        EXPECT_EQ(next - tick, seconds{60});
        EXPECT_EQ(grid.next(next), next);
        tick = next;
    }
}

TEST(TickGrid, ARestartKeepsThePhaseInUnixTime) {
    const TickGrid before("a", seconds{60}, kWall, kBoot);
    // 1,000.5 s later, after a reboot: the boot clock starts anew, Unix time goes on.
    const TickGrid after("a", seconds{60}, kWall + milliseconds{1'000'500}, Instant{seconds{7}});
    const Duration phase_before = (kWall - kWall.time_since_epoch()).time_since_epoch();
    const WallTime tick_before = kWall + (before.next(kBoot) - kBoot);
    const WallTime tick_after =
        kWall + milliseconds{1'000'500} + (after.next(Instant{seconds{7}}) - Instant{seconds{7}});
    EXPECT_EQ(phase_before, Duration::zero());
    EXPECT_EQ((tick_after - tick_before) % seconds{60}, Duration::zero());
}

TEST(TickGrid, NamesSpreadOverTheInterval) {
    int halves[2] = {0, 0};
    for (int i = 0; i < 200; ++i) {
        const TickGrid grid("probe" + std::to_string(i), seconds{100}, kWall, kBoot);
        ++halves[grid.next(kBoot) - kBoot < seconds{50} ? 0 : 1];
    }
    EXPECT_GT(halves[0], 60);
    EXPECT_GT(halves[1], 60);
}

TEST(TickGrid, IntervalsOfDaysDoNotOverflow) {
    const TickGrid grid("a", std::chrono::hours{24 * 7}, kWall, kBoot);
    EXPECT_LT(grid.next(kBoot) - kBoot, std::chrono::hours{24 * 7});
}

TEST(DecideTick, OnTimeStartsTheTickItself) {
    const TickDecision d = decide_tick(kBoot, seconds{10}, kBoot + milliseconds{3});
    EXPECT_EQ(d.tick, kBoot);
    EXPECT_EQ(d.lag, milliseconds{3});
    EXPECT_EQ(d.missed, 0U);
}

TEST(DecideTick, AStallOfAMinuteStartsOneMailAndCountsTheRestAsMissed) {
    const TickDecision d = decide_tick(kBoot, seconds{10}, kBoot + seconds{62});
    EXPECT_EQ(d.missed, 6U);
    EXPECT_EQ(d.tick, kBoot + seconds{60});
    EXPECT_EQ(d.lag, seconds{2});
}

}  // namespace
}  // namespace mailprobed
