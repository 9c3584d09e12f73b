// SPDX-License-Identifier: Apache-2.0
// A new configuration while mails are in flight: nothing is forgotten, nothing misjudged, and what
// did not change does not notice.
#include "tests/e2e/monitor/monitor_run.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace mailprobed::test {
namespace {

using loopback::Event;
using loopback::EventKind;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

class Reload : public testing::Test {
  protected:
    Reload() : server(options()) {
        server.start();
        settings = settings_for(server, {"alice", "bob"});
    }
    ~Reload() override { EXPECT_EQ(recorder.internal_errors, std::vector<std::string>{}); }

    static loopback::Options options() {
        loopback::Options result;
        result.accounts = accounts_for({"alice", "bob"});
        // A mail is in flight for most of its probe's interval.
        result.delay = loopback::DelayModel::fixed(milliseconds{600});
        return result;
    }
    static ProbeSettings& probe_of(Settings& settings, std::string_view name) {
        return *std::ranges::find(settings.probes, name, &ProbeSettings::name);
    }
    static AccountSettings& account_of(Settings& settings, std::string_view name) {
        return *std::ranges::find(settings.accounts, name, &AccountSettings::name);
    }
    static Settings without(Settings settings, std::string_view probe) {
        std::erase_if(settings.probes, [probe](const auto& p) { return p.name == probe; });
        return settings;
    }
    static std::function<bool(const Recorder&)> in_flight(const std::string& probe) {
        return [probe](const Recorder& r) {
            const auto started = r.started.find(probe);
            if (started == r.started.end()) return false;
            const auto judged = std::ranges::count(r.verdicts, probe, &RecordedVerdict::probe);
            return started->second > static_cast<std::uint64_t>(judged);
        };
    }
    static std::function<bool(const Recorder&)> told_gone(const std::string& what) {
        return [what](const Recorder& r) { return std::ranges::count(r.gone, what) > 0; };
    }
    static std::function<bool(const Recorder&)> delivered(const std::string& probe, int more) {
        return
            [probe, more](const Recorder& r) { return r.count(probe, Verdict::delivered) >= more; };
    }
    /// Everything that was told of a verdict.
    void expect_only_delivered() {
        recorder.locked([](const Recorder& r) {
            for (const RecordedVerdict& verdict : r.verdicts) {
                EXPECT_EQ(verdict.fact.verdict, Verdict::delivered)
                    << verdict.probe << ": " << verdict.detail;
            }
        });
    }

    loopback::Server server;
    Settings settings;
    Recorder recorder;
};

TEST_F(Reload, AProbeThatDidNotChangeKeepsItsPhase) {
    MonitorThread monitor(settings, recorder);
    Settings other = settings;
    probe_of(other, "bob").interval = seconds{2};
    probe_of(other, "alice").deadline = milliseconds{2500};
    account_of(other, "alice").mailbox->poll.max = milliseconds{300};
    const auto enough = [](const Recorder& r) {
        const auto starts = r.starts.find("alice");
        return starts != r.starts.end() && starts->second.size() >= 5;
    };
    int reloads = 0;
    while (!recorder.wait(enough, milliseconds{10})) {
        ASSERT_LT(reloads, 10'000);
        monitor.reconfigure(reloads % 2 == 0 ? other : settings);
        ++reloads;
    }
    EXPECT_GT(reloads, 100);
    recorder.locked([](const Recorder& r) {
        const std::vector<WallTime>& starts = r.starts.at("alice");
        for (std::size_t i = 1; i < starts.size(); ++i) {
            const Duration gap = starts[i] - starts[i - 1];
            EXPECT_GT(gap, milliseconds{900}) << "start " << i;
            EXPECT_LT(gap, milliseconds{1100}) << "start " << i;
        }
    });
    monitor.stop();
    expect_only_delivered();
}

TEST_F(Reload, ARemovedProbeGetsTheVerdictsOfItsMailsAndThenIsGone) {
    MonitorThread monitor(settings, recorder);
    ASSERT_TRUE(recorder.wait(in_flight("alice")));
    monitor.reconfigure(without(settings, "alice"));
    ASSERT_TRUE(recorder.wait(told_gone("alice")));
    ASSERT_TRUE(recorder.wait(told_gone("mailbox alice")));
    recorder.locked([](const Recorder& r) {
        EXPECT_EQ(static_cast<std::uint64_t>(r.count("alice", Verdict::delivered)),
                  r.started.at("alice"));
        EXPECT_EQ(std::ranges::count(r.gone, "bob"), 0);
    });
    const int before = recorder.count("bob", Verdict::delivered);
    ASSERT_TRUE(recorder.wait(delivered("bob", before + 2))) << "the other probe goes on";
    EXPECT_EQ(recorder.started.at("alice"),
              static_cast<std::uint64_t>(recorder.count("alice", Verdict::delivered)))
        << "it was removed, and yet another mail started";
    monitor.stop();
    expect_only_delivered();
}

TEST_F(Reload, AProbeThatComesBackBeforeItsLastVerdictWasNeverGone) {
    MonitorThread monitor(settings, recorder);
    ASSERT_TRUE(recorder.wait(in_flight("alice")));
    monitor.reconfigure(without(settings, "alice"));
    monitor.reconfigure(settings);
    ASSERT_TRUE(recorder.wait(delivered("alice", 3)));
    const LedgerTotals totals = monitor.stop();
    EXPECT_EQ(totals.started, totals.verdicts + totals.pending);
    EXPECT_EQ(recorder.gone, std::vector<std::string>{});
    expect_only_delivered();
}

TEST_F(Reload, AProbeThatComesBackAfterItWasGoneStartsAgain) {
    MonitorThread monitor(settings, recorder);
    ASSERT_TRUE(recorder.wait(in_flight("alice")));
    monitor.reconfigure(without(settings, "alice"));
    ASSERT_TRUE(recorder.wait(told_gone("alice")));
    ASSERT_TRUE(recorder.wait(told_gone("mailbox alice")));
    monitor.reconfigure(settings);
    const int before = recorder.count("alice", Verdict::delivered);
    ASSERT_TRUE(recorder.wait(delivered("alice", before + 2)));
    const LedgerTotals totals = monitor.stop();
    EXPECT_EQ(totals.started, totals.verdicts + totals.pending);
    expect_only_delivered();
}

TEST_F(Reload, AMailInFlightStaysWithItsMailboxWhenTheProbeMovesToAnother) {
    settings = without(settings, "bob");
    MonitorThread monitor(settings, recorder);
    ASSERT_TRUE(recorder.wait(in_flight("alice")));
    Settings moved = settings;
    ProbeSettings& probe = probe_of(moved, "alice");
    probe.to = "bob";
    probe.to_address = "bob@test.invalid";
    // Reports of non-delivery would keep the first mailbox in use.
    probe.bounces = false;
    monitor.reconfigure(moved);
    ASSERT_TRUE(recorder.wait(told_gone("mailbox alice")));
    const int before = recorder.count("alice", Verdict::delivered);
    EXPECT_GE(before, 1);
    ASSERT_TRUE(recorder.wait(delivered("alice", before + 2)));
    monitor.stop();
    expect_only_delivered();
    EXPECT_EQ(recorder.evidence, decltype(recorder.evidence){});
}

TEST_F(Reload, AMailboxThatGoesByAnotherAccountsNameLosesTheOldOne) {
    settings = without(settings, "bob");
    MonitorThread monitor(settings, recorder);
    ASSERT_TRUE(recorder.wait(in_flight("alice")));
    Settings renamed = settings;
    account_of(renamed, "alice").name = "alicia";
    probe_of(renamed, "alice").from = "alicia";
    probe_of(renamed, "alice").to = "alicia";
    monitor.reconfigure(renamed);
    ASSERT_TRUE(recorder.wait(told_gone("mailbox alice")));
    ASSERT_TRUE(recorder.wait(delivered("alice", 3)));
    monitor.stop();
    EXPECT_EQ(std::ranges::count(recorder.gone, "alice"), 0);
    expect_only_delivered();
}

TEST_F(Reload, ANewPasswordEndsThePauseAfterRefusedSubmissions) {
    settings = without(settings, "bob");
    settings.auth_backoff = hours{1};
    Settings wrong = settings;
    account_of(wrong, "alice").smtp->password = Secret("mistaken");
    MonitorThread monitor(wrong, recorder);
    ASSERT_TRUE(recorder.wait([](const Recorder& r) { return r.missed.contains("alice"); }))
        << "no start was left out";
    monitor.reconfigure(wrong);
    const auto missed = recorder.missed.at("alice");
    ASSERT_TRUE(recorder.wait([&](const Recorder& r) { return r.missed.at("alice") > missed; }))
        << "a reload that changes nothing must not try again";
    monitor.reconfigure(settings);
    EXPECT_TRUE(recorder.wait(delivered("alice", 1)));
    monitor.stop();
    EXPECT_EQ(recorder.count("alice", Verdict::send_failed), 1);
}

TEST_F(Reload, ANewPasswordEndsThePauseAfterRefusedLooks) {
    settings = without(settings, "bob");
    settings.auth_backoff = hours{1};
    Settings wrong = settings;
    account_of(wrong, "alice").mailbox->password = Secret("mistaken");
    MonitorThread monitor(wrong, recorder);
    ASSERT_TRUE(recorder.wait(
        [](const Recorder& r) { return r.count("alice", Verdict::unobserved) >= 1; }));
    monitor.reconfigure(settings);
    EXPECT_TRUE(recorder.wait(delivered("alice", 1)));
    monitor.stop();
}

TEST_F(Reload, AnAttemptUnderWayEndsByTheAccountItBeganWith) {
    settings = without(settings, "bob");
    server.add_fault(loopback::parse_fault("smtp DATA delay for=300ms"));
    MonitorThread monitor(settings, recorder);
    const auto began = server.wait_for(
        [](const Event& e) { return e.kind == EventKind::command && e.text == "DATA"; },
        seconds{20});
    ASSERT_TRUE(began);
    Settings other = settings;
    account_of(other, "alice").smtp->server.host = "localhost";
    account_of(other, "alice").smtp->ehlo_name = "elsewhere.test.invalid";
    for (int i = 0; i < 50; ++i)
        monitor.reconfigure(i % 2 == 0 ? settings : other);
    ASSERT_TRUE(recorder.wait(delivered("alice", 2)));
    monitor.stop();
    expect_only_delivered();
    const auto& events = server.events();
    EXPECT_TRUE(std::ranges::any_of(events, [](const Event& e) {
        return e.text == "EHLO elsewhere.test.invalid";
    })) << "the next mail takes the new settings";
}

}  // namespace
}  // namespace mailprobed::test
