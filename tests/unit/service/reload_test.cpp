// SPDX-License-Identifier: Apache-2.0
// When the configuration is read again, and what a running daemon can take of it.
#include "daemon/service/reload.hpp"

#include "probes/net/task_group.hpp"
#include "tests/support/metrics_support.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <semaphore>

namespace mailprobed::daemon_test {
namespace {

using namespace std::chrono_literals;

class ReloaderTest : public testing::Test {
  protected:
    ReloaderTest() : tasks(io.get_executor()) { tasks.spawn(reloader.run()); }
    ~ReloaderTest() override {
        tasks.cancel();
        io.restart();
        io.run();
    }

    static Awaitable<void> wait(Reloader* reloader, std::optional<ReloadResult>* result) {
        *result = co_await reloader->reload();
    }
    void run_until(const std::function<bool()>& ready) {
        for (int i = 0; i < 10'000 && !ready(); ++i)
            io.run_one_for(10ms);
        ASSERT_TRUE(ready());
    }

    asio::io_context io{1};
    std::counting_semaphore<> let{0};
    std::atomic<int> loads{0};
    int applied = 0;
    Reloader reloader{io.get_executor(), [] {},
                      [this] {
                          ++loads;
                          let.acquire();
                          return LoadedConfig();
                      },
                      [this](const LoadedConfig&) {
                          ++applied;
                          return ReloadResult{applied != 2, "number " + std::to_string(applied)};
                      }};
    TaskGroup tasks;
};

TEST_F(ReloaderTest, AStormOfRequestsWhileOneIsServedIsServedOnce) {
    reloader.request();
    run_until([this] { return loads == 1; });
    for (int i = 0; i < 1000; ++i) {
        reloader.request();
        io.poll();
    }
    let.release(2);
    run_until([this] { return applied == 2; });
    io.run_for(50ms);
    EXPECT_EQ(loads, 2);
}

TEST_F(ReloaderTest, WhoWaitsIsToldOfAReadingThatBeganAfterTheRequest) {
    reloader.request();
    run_until([this] { return loads == 1; });
    std::optional<ReloadResult> result;
    tasks.spawn(wait(&reloader, &result));
    io.poll();
    let.release();
    run_until([this] { return applied == 1; });
    io.poll();
    EXPECT_FALSE(result) << "the file may have changed since that reading";
    let.release();
    run_until([&] { return result.has_value(); });
    EXPECT_FALSE(result->taken);
    EXPECT_EQ(result->text, "number 2");
}

TEST_F(ReloaderTest, ManyWhoWaitSleepUntilTheFileIsRead) {
    std::optional<ReloadResult> first;
    std::optional<ReloadResult> second;
    tasks.spawn(wait(&reloader, &first));
    tasks.spawn(wait(&reloader, &second));
    run_until([this] { return loads == 1; });
    int handlers = 0;
    while (handlers < 1000 && io.poll_one() > 0)
        ++handlers;
    EXPECT_LT(handlers, 20) << "they wake each other";
    let.release(2);
    run_until([&] { return first.has_value() && second.has_value(); });
    EXPECT_EQ(applied, 1) << "they asked before it was read";
}

class RestartReasons : public testing::Test {
  protected:
    RestartReasons() { now.tag_key = Secret("key one"); }
    std::string reasons(const Settings& next) const { return reasons_for_restart(now, next); }

    Settings now = one_probe(TlsMode::none);
};

TEST_F(RestartReasons, ProbesAccountsAndTheLogsLevelNeedNone) {
    Settings next = now;
    next.log.level = LogLevel::debug;
    next.probes.clear();
    next.accounts.front().smtp->password = Secret("another");
    EXPECT_EQ(reasons(next), "");
}

TEST_F(RestartReasons, WhatIsBuiltInAtStartIsNamedWithTheRemedy) {
    Settings next = now;
    next.instance = "another";
    next.state_directory = "/elsewhere";
    next.evidence = 1h;
    next.history = 1h;
    next.details = 1h;
    next.transcripts = false;
    next.web.allowed_hosts = {"monitor.example.org"};
    next.log.format = LogFormat::json;
    const std::string text = reasons(next);
    for (const char* key : {"instance ", "state_directory ", "evidence ", "history ", "details ",
                            "transcripts ", "web ", "log.format "})
        EXPECT_NE(text.find(key), std::string::npos) << key;
    EXPECT_NE(text.find("restart it"), std::string::npos);
}

TEST_F(RestartReasons, ANewTagKeyIsTakenOnlyIfTheOneInUseIsStillRead) {
    Settings next = now;
    next.tag_key = Secret("key two");
    EXPECT_NE(reasons(next).find("tag_key.previous"), std::string::npos);
    next.previous_tag_key = Secret("key nought");
    EXPECT_NE(reasons(next), "");
    next.previous_tag_key = Secret("key one");
    EXPECT_EQ(reasons(next), "");
}

TEST_F(RestartReasons, NoReasonRepeatsAKey) {
    Settings next = now;
    next.tag_key = Secret("key two");
    EXPECT_EQ(reasons(next).find("key two"), std::string::npos);
    EXPECT_EQ(reasons(next).find("key one"), std::string::npos);
}

TEST(ReloadDifference, CountsAProbeAsChangedWithItsAccounts) {
    Settings now = one_probe(TlsMode::none);
    Settings next = now;
    ProbeSettings added = next.probes.front();
    added.name = "q";
    next.probes.push_back(added);
    EXPECT_EQ(difference(now, next), "1 probes added, 0 removed, 0 changed, 1 as before");
    EXPECT_EQ(difference(next, now), "0 probes added, 1 removed, 0 changed, 1 as before");
    next = now;
    next.accounts.front().mailbox->password = Secret("another");
    EXPECT_EQ(difference(now, next), "0 probes added, 0 removed, 1 changed, 0 as before");
}

}  // namespace
}  // namespace mailprobed::daemon_test
