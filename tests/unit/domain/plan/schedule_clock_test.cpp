// SPDX-License-Identifier: Apache-2.0
// Ticks under bad clocks: a day is played with two clocks of the test's own, the wall clock steps,
// the boot clock jumps as after a suspend, and nothing may burst, vanish or go backwards.
#include "probes/domain/plan/schedule.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <vector>

namespace mailprobed {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using std::chrono::years;

/// The two clocks of a machine; only tests move them.
struct Clocks {
    WallTime wall{seconds{1'800'000'000}};
    Instant boot{seconds{5000}};

    /// Time passes, awake or suspended.
    void pass(Duration d) {
        wall += d;
        boot += d;
    }
};

/// A prober's loop without its mail.
class Loop {
  public:
    Loop(Clocks& clocks, Duration interval)
        : clocks_(clocks),
          grid_("probe", interval, clocks.wall, clocks.boot),
          due_(grid_.next(clocks.boot)),
          first_(due_) {}

    /// Sleeps until the next tick and `late` longer, then starts a mail.
    void step(Duration late = {}) {
        if (clocks_.boot < due_) clocks_.pass(due_ - clocks_.boot);
        clocks_.pass(late);
        const TickDecision decision = decide_tick(due_, grid_.interval(), clocks_.boot);
        EXPECT_GE(decision.lag, Duration::zero());
        EXPECT_LT(decision.lag, grid_.interval());
        EXPECT_LE(decision.tick, clocks_.boot);
        starts_.push_back(decision.tick);
        missed_ += decision.missed;
        due_ = decision.tick + grid_.interval();
    }

    /// The number of grid points that a loop which never missed one would have started.
    [[nodiscard]] std::uint64_t passed() const {
        return static_cast<std::uint64_t>((starts_.back() - first_) / grid_.interval()) + 1;
    }
    [[nodiscard]] const std::vector<Instant>& starts() const { return starts_; }
    [[nodiscard]] std::uint64_t missed() const { return missed_; }

  private:
    Clocks& clocks_;
    TickGrid grid_;
    Instant due_;
    Instant first_;
    std::vector<Instant> starts_;
    std::uint64_t missed_ = 0;
};

/// Every start on the grid, each later than the one before, and with the missed ones all accounted.
void expect_in_order(const Loop& loop, Duration interval) {
    const auto& starts = loop.starts();
    for (std::size_t i = 1; i < starts.size(); ++i) {
        EXPECT_GE(starts[i] - starts[i - 1], interval) << "a burst at " << i;
        EXPECT_EQ((starts[i] - starts[i - 1]) % interval, Duration::zero()) << "off the grid " << i;
    }
    EXPECT_EQ(starts.size() + loop.missed(), loop.passed());
}

TEST(ClockWeather, WallStepsOfAnHourMoveNoTickEitherWay) {
    for (const Duration by : {Duration{hours{1}}, Duration{hours{-1}}}) {
        Clocks clocks;
        Loop loop(clocks, seconds{30});
        for (int i = 0; i < 200; ++i) {
            if (i == 100) clocks.wall += by;
            loop.step();
        }
        expect_in_order(loop, seconds{30});
        EXPECT_EQ(loop.missed(), 0U);
        EXPECT_EQ(loop.starts().back() - loop.starts().front(), 199 * Duration{seconds{30}});
    }
}

TEST(ClockWeather, ASuspendOfAnHourIsOneStartAndMissedTicks) {
    Clocks clocks;
    Loop loop(clocks, seconds{30});
    loop.step();
    loop.step(hours{1});
    loop.step();
    expect_in_order(loop, seconds{30});
    EXPECT_EQ(loop.starts().size(), 3U);
    EXPECT_EQ(loop.missed(), 120U);
}

TEST(ClockWeather, ASuspendIsNoLossOfPhase) {
    Clocks clocks;
    const TickGrid grid("probe", minutes{5}, clocks.wall, clocks.boot);
    const Instant before = grid.next(clocks.boot);
    clocks.pass(hours{13} + seconds{7});
    EXPECT_EQ((grid.next(clocks.boot) - before) % minutes{5}, Duration::zero());
}

TEST(ClockWeather, AClockThatStandsStillBetweenWakingsStartsNothingTwice) {
    // A timer that fires early or twice: the loop asks again at the same moment.
    Clocks clocks;
    const TickGrid grid("probe", seconds{30}, clocks.wall, clocks.boot);
    const Instant due = grid.next(clocks.boot);
    const TickDecision early = decide_tick(due, seconds{30}, due - seconds{1});
    EXPECT_EQ(early.tick, due);
    EXPECT_EQ(early.lag, Duration::zero());
    EXPECT_EQ(early.missed, 0U);
    EXPECT_EQ(grid.next(due + Duration{1}), due + seconds{30});
}

TEST(ClockWeather, ARestartAfterAnyWallStepHasTheSamePhaseInUnixTime) {
    // What a step leaves behind is told by the wall clock at the restart, not by the one before.
    for (const Duration step : {Duration{hours{1}}, Duration{hours{-1}}, Duration{seconds{17}}}) {
        Clocks clocks;
        const auto phase = [&clocks] {
            const TickGrid grid("probe", minutes{5}, clocks.wall, clocks.boot);
            return (clocks.wall + (grid.next(clocks.boot) - clocks.boot)).time_since_epoch() %
                   minutes{5};
        };
        const Duration before = phase();
        clocks.wall += step;
        EXPECT_EQ(phase(), before);
    }
}

TEST(ClockWeather, DaylightSavingIsOnlyAWayToWriteTheTime) {
    // The last Sunday of March 2027, 01:00 UTC: local clocks in Europe jump, Unix time does not.
    using namespace std::chrono_literals;
    const WallTime change = std::chrono::sys_days{2027y / 3 / 28} + hours{1};
    Clocks clocks;
    clocks.wall = change - minutes{10};
    Loop loop(clocks, seconds{60});
    for (int i = 0; i < 20; ++i)
        loop.step();
    expect_in_order(loop, seconds{60});
    EXPECT_EQ(loop.missed(), 0U);
    EXPECT_GT(clocks.wall, change);
}

TEST(ClockWeather, TheYear2038AndLaterOnesAreNothingSpecial) {
    const WallTime end_of_32_bits{seconds{2'147'483'647}};
    for (const WallTime wall :
         {end_of_32_bits - minutes{5}, end_of_32_bits + years{10},
          WallTime{seconds{4'294'967'295}} - minutes{5}, WallTime{} + years{200}}) {
        Clocks clocks;
        clocks.wall = wall;
        Loop loop(clocks, seconds{60});
        for (int i = 0; i < 20; ++i)
            loop.step();
        expect_in_order(loop, seconds{60});
        EXPECT_EQ(loop.missed(), 0U);
    }
}

TEST(ClockWeather, AWallClockFromBeforeTheEpochStillGivesAGrid) {
    // A machine without battery can boot in 1970, or be set before it.
    for (const Duration wall : {Duration{}, Duration{hours{-5}}}) {
        Clocks clocks;
        clocks.wall = WallTime{wall};
        clocks.boot = Instant{seconds{1}};
        Loop loop(clocks, hours{1});
        for (int i = 0; i < 5; ++i)
            loop.step();
        expect_in_order(loop, hours{1});
        EXPECT_LT(loop.starts().front() - Instant{seconds{1}}, hours{1});
    }
}

TEST(ClockWeather, ADayOfStepsSuspendsAndStallsAccountsForEveryTick) {
    Clocks clocks;
    Loop loop(clocks, seconds{30});
    int turn = 0;
    while (clocks.boot < Instant{seconds{5000}} + days{1}) {
        ++turn;
        if (turn % 11 == 0) clocks.wall += hours{turn % 22 == 0 ? 1 : -1};
        if (turn % 17 == 0) clocks.pass(hours{1});
        loop.step(turn % 5 == 0 ? Duration{seconds{turn % 100}} : Duration{});
    }
    expect_in_order(loop, seconds{30});
    EXPECT_GT(loop.missed(), 1000U);
    EXPECT_LE(loop.starts().size(), static_cast<std::size_t>(turn));
}

}  // namespace
}  // namespace mailprobed
