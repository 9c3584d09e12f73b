// SPDX-License-Identifier: Apache-2.0
// What the service manager is told of, and what ends a process that hangs.
#include "daemon/service/notify.hpp"

#include "daemon/api/probe_table.hpp"
#include "daemon/service/exit_status.hpp"
#include "daemon/service/shutdown.hpp"
#include "probes/net/task_group.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <string>
#include <unistd.h>
#include <vector>

namespace mailprobed::daemon_test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

constexpr StallDetector::Clock::time_point kStart{1h};

TEST(StallDetector, BeatsWhileThereIsNothingToDoOrEveryStepIsInTime) {
    StallDetector pulse(10s);
    EXPECT_TRUE(pulse.alive({false, 1}, kStart));
    EXPECT_TRUE(pulse.alive({false, 1}, kStart + 1h));
    EXPECT_TRUE(pulse.alive({true, 1}, kStart + 1h + 9s));
    EXPECT_TRUE(pulse.alive({true, 2}, kStart + 1h + 18s));
    EXPECT_TRUE(pulse.alive({true, 3}, kStart + 1h + 27s));
}

TEST(StallDetector, StopsWhenOneStepTakesLongerThanThePatienceAndBeatsAgainAfterIt) {
    StallDetector pulse(10s);
    EXPECT_TRUE(pulse.alive({true, 1}, kStart));
    EXPECT_TRUE(pulse.alive({true, 1}, kStart + 10s));
    EXPECT_FALSE(pulse.alive({true, 1}, kStart + 11s));
    EXPECT_TRUE(pulse.alive({true, 2}, kStart + 12s));
    EXPECT_FALSE(pulse.alive({true, 2}, kStart + 23s));
    EXPECT_TRUE(pulse.alive({false, 2}, kStart + 24s));
}

TEST(StatusLine, CountsProbesPendingMailsAndLastVerdicts) {
    EXPECT_EQ(status_line({}), "0 probes, 0 mails pending");
    std::vector<ProbeRow> rows(4);
    rows[0].pending = 2;
    rows[0].verdict = Verdict::delivered;
    rows[1].verdict = Verdict::lost;
    rows[2].verdict = Verdict::delivered;
    EXPECT_EQ(status_line(rows),
              "4 probes, 2 mails pending; last verdicts: 2 delivered, 1 lost; 1 probe without a "
              "verdict");
}

/// Runs a Notify for a while and keeps what it says.
struct Told {
    explicit Told(std::optional<std::chrono::microseconds> watchdog)
        : notify(io.get_executor(),
                 {[this](const std::string& lines) { said.push_back(lines); }, watchdog}) {
        sources.status = [] { return std::string("fine"); };
        sources.scheduler = [this] { return scheduler; };
        sources.journal = [this] { return journal; };
        sources.on_standstill = [this](std::string_view part) { still.emplace_back(part); };
    }

    void run_for(std::chrono::milliseconds time) {
        TaskGroup tasks(io.get_executor());
        tasks.spawn(notify.run(sources));
        io.restart();
        io.run_for(time);
        tasks.cancel();
        io.restart();
        io.run();
    }

    asio::io_context io{1};
    std::vector<std::string> said, still;
    ActivityCounter scheduler, journal;
    Notify notify;
    NotifySources sources;
};

TEST(Notify, SaysReadyFirstAndWithoutAWatchdogNothingThatHasNotChanged) {
    Told told(std::nullopt);
    told.run_for(1500ms);
    EXPECT_THAT(told.said, ElementsAre("READY=1\nSTATUS=fine"));
}

TEST(Notify, IsSilentOnceTicksStandStillAndSaysSoOnce) {
    Told told(200ms);
    told.scheduler = {true, 7};
    told.run_for(1000ms);
    EXPECT_THAT(told.still, ElementsAre("scheduler"));
    // Until the patience was over, and no more.
    EXPECT_GE(told.said.size(), 2U);
    EXPECT_LE(told.said.size(), 6U);
}

TEST(Notify, AReloadIsToldAndItsEndIsReadyAgain) {
    Told told(std::nullopt);
    told.notify.reloading();
    ASSERT_EQ(told.said.size(), 1U);
    EXPECT_TRUE(told.said[0].starts_with("RELOADING=1\nMONOTONIC_USEC="));
    told.notify.reloaded();
    EXPECT_EQ(told.said.back(), "READY=1");
    told.notify.stopping();
    EXPECT_EQ(told.said.back(), "STOPPING=1\nSTATUS=stopping");
    told.notify.reloaded();
    EXPECT_EQ(told.said.size(), 3U);
}

TEST(Notify, DoesNothingWhereNobodyListens) {
    asio::io_context io{1};
    Notify notify(io.get_executor(), NotifyChannel{});
    notify.reloading();
    notify.stopping();
    TaskGroup tasks(io.get_executor());
    tasks.spawn(notify.run({}));
    EXPECT_GT(io.run(), 0U);
}

TEST(StopDeathTest, WhateverHangsIsEndedInTime) {
    EXPECT_EXIT(
        {
            ShutdownTimer stop({10ms, 20ms, 30ms});
            stop.begin();
            for (;;)
                ::pause();
        },
        testing::ExitedWithCode(static_cast<int>(ExitStatus::internal)), "leaving");
}

/// A daemon whose loop is busy and hears of no signal.
void hang_with(int signals) {
    asio::io_context io{1};
    asio::signal_set listens(io, SIGTERM, SIGINT);
    ShutdownTimer stop({10ms, 20ms, 30ms});
    stop.watch({SIGTERM, SIGINT});
    for (int i = 0; i < signals; ++i)
        ::raise(SIGTERM);
    for (;;)
        ::pause();
}

TEST(StopDeathTest, ALoopThatHearsOfNoSignalIsEndedInTime) {
    EXPECT_EXIT(hang_with(1), testing::ExitedWithCode(static_cast<int>(ExitStatus::internal)),
                "leaving");
}

TEST(StopDeathTest, ASecondSignalEndsItAtOnce) {
    EXPECT_EXIT(hang_with(2), testing::KilledBySignal(SIGTERM), "");
}

}  // namespace
}  // namespace mailprobed::daemon_test
