// SPDX-License-Identifier: Apache-2.0
// What a new configuration must not do to mails in flight: let another mailbox vouch for them, lose
// their keys, hold an old password against a new one, or end the daemon.
#include "tests/e2e/monitor/monitor_run.hpp"
#include "tests/e2e/monitor/restart_scene.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace mailprobed::test {
namespace {

using loopback::Event;
using loopback::EventKind;
using loopback::parse_fault;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

class ReloadRules : public testing::Test {
  protected:
    ReloadRules() : server(options()) {
        server.start();
        settings = settings_for(server, {"alice", "bob"});
        settings.auth_backoff = hours{1};
    }
    ~ReloadRules() override { EXPECT_EQ(recorder.internal_errors, std::vector<std::string>{}); }

    static loopback::Options options() {
        loopback::Options result;
        result.accounts = accounts_for({"alice", "bob"});
        return result;
    }
    ProbeSettings& probe(std::string_view name) {
        return *std::ranges::find(settings.probes, name, &ProbeSettings::name);
    }
    AccountSettings& account(std::string_view name) {
        return *std::ranges::find(settings.accounts, name, &AccountSettings::name);
    }
    void remove_probe(std::string_view name) {
        std::erase_if(settings.probes, [name](const auto& p) { return p.name == name; });
    }
    void remove_account(std::string_view name) {
        std::erase_if(settings.accounts, [name](const auto& a) { return a.name == name; });
    }
    /// A probe that sends one mail about a second from now.
    void only_one_mail(std::string_view name) {
        probe(name).interval = interval_with_tick_soon(std::string(name));
        probe(name).deadline = seconds{20};
    }
    bool logs_in() {
        const auto is_login = [](const Event& e) {
            return e.kind == EventKind::command && e.text.starts_with("AUTH");
        };
        return server.wait_for(is_login, seconds{20}).has_value();
    }
    bool refused_once() {
        return server
            .wait_for([](const Event& e) { return e.kind == EventKind::fault; }, seconds{20})
            .has_value();
    }
    static std::function<bool(const Recorder&)> judged(std::size_t mails) {
        return [mails](const Recorder& r) { return r.verdicts.size() >= mails; };
    }

    loopback::Server server;
    Settings settings;
    Recorder recorder;
};

TEST_F(ReloadRules, ACopyInTheMailboxThatTheProbeLeftIsNoArrivalInTheOther) {
    remove_probe("bob");
    MonitorThread monitor(settings, recorder);
    ASSERT_TRUE(
        recorder.wait([](const Recorder& r) { return r.count("alice", Verdict::delivered) >= 1; }));
    // From now on mails end with bob, where none arrives; alice is still looked at for bounces, and
    // her server puts a copy of what she sends there.
    server.add_fault(parse_fault("smtp DOT lose rcpt=bob@test.invalid"));
    probe("alice").to = "bob";
    probe("alice").to_address = "bob@test.invalid";
    monitor.reconfigure(settings);
    const auto sent = server.wait_for(
        [](const Event& e) {
            return e.kind == EventKind::mail && e.mail->recipient == "bob@test.invalid";
        },
        seconds{20});
    ASSERT_TRUE(sent);
    // With a hop: a copy without any is known as what a sender's server files.
    server.inject("alice",
                  "Received: from a by b; Sun, 29 Nov 2026 10:00:00 +0000\r\n"
                  "X-Mailprobed-Tag: " +
                      sent->mail->tag + "\r\n\r\nx\r\n");
    ASSERT_TRUE(recorder.wait([](const Recorder& r) {
        return r.count("alice", Verdict::lost) >= 1 &&
               r.rejected.contains(TagReject::wrong_mailbox);
    })) << "delivered: "
        << recorder.count("alice", Verdict::delivered);
    monitor.stop();
    EXPECT_TRUE(recorder.evidence["alice"].empty());
}

TEST_F(ReloadRules, ACopyInTheMailboxThatTheProbeMovedToIsNoArrivalInTheOld) {
    remove_probe("bob");
    only_one_mail("alice");
    probe("alice").to = "bob";
    probe("alice").to_address = "bob@test.invalid";
    probe("alice").deadline = seconds{4};
    server.add_fault(parse_fault("smtp DOT lose rcpt=bob@test.invalid"));
    MonitorThread monitor(settings, recorder);
    const auto sent =
        server.wait_for([](const Event& e) { return e.kind == EventKind::mail; }, seconds{20});
    ASSERT_TRUE(sent);
    probe("alice").to = "alice";
    probe("alice").to_address = "alice@test.invalid";
    monitor.reconfigure(settings);
    // The server of alice keeps a copy of what she sends.
    server.inject("alice", "X-Mailprobed-Tag: " + sent->mail->tag + "\r\n\r\nx\r\n");
    ASSERT_TRUE(recorder.wait(judged(1)));
    monitor.stop();
    EXPECT_EQ(recorder.count("alice", Verdict::lost), 1);
    EXPECT_EQ(server.mailbox("alice").size(), 1U);
}

TEST_F(ReloadRules, AFurtherAttemptIsNotSentWhereNobodyWouldLookForIt) {
    remove_probe("bob");
    only_one_mail("alice");
    probe("alice").max_attempts = 2;
    probe("alice").retry_after = milliseconds{500};
    probe("alice").deadline = seconds{4};
    server.add_fault(parse_fault("smtp RCPT refuse text=\"450 4.2.0 later\" max=1"));
    MonitorThread monitor(settings, recorder);
    ASSERT_TRUE(refused_once());
    probe("alice").to = "bob";
    probe("alice").to_address = "bob@test.invalid";
    monitor.reconfigure(settings);
    ASSERT_TRUE(recorder.wait(judged(1)));
    monitor.stop();
    EXPECT_EQ(recorder.count("alice", Verdict::send_failed), 1);
    EXPECT_TRUE(server.mailbox("bob").empty());
}

TEST_F(ReloadRules, AFurtherAttemptNeedsNoAccountThatIsStillConfigured) {
    only_one_mail("alice");
    probe("alice").to = "bob";
    probe("alice").to_address = "bob@test.invalid";
    probe("alice").max_attempts = 2;
    probe("alice").retry_after = milliseconds{500};
    remove_probe("bob");
    settings.probes.push_back(settings.probes.front());
    settings.probes.back().name = "other";
    settings.probes.back().to = "alice";
    settings.probes.back().interval = hours{1};
    server.add_fault(parse_fault("smtp RCPT refuse text=\"450 4.2.0 later\" max=1"));
    MonitorThread monitor(settings, recorder);
    ASSERT_TRUE(refused_once());
    remove_probe("alice");
    remove_account("bob");
    monitor.reconfigure(settings);
    ASSERT_TRUE(
        recorder.wait([](const Recorder& r) { return std::ranges::count(r.gone, "alice") > 0; }));
    EXPECT_EQ(recorder.count("alice", Verdict::delivered), 1);
    // It is told once, whatever is reloaded later.
    monitor.reconfigure(settings);
    monitor.reconfigure(settings);
    monitor.stop();
    EXPECT_EQ(std::ranges::count(recorder.gone, "alice"), 1);
}

TEST_F(ReloadRules, AConversationWithTheOldPasswordDoesNotPauseTheNewOne) {
    remove_probe("bob");
    const Settings right = settings;
    account("alice").smtp->password = Secret("mistaken");
    // The server takes its time to refuse, but the next mail starts after that.
    server.add_fault(parse_fault("smtp LOGIN delay for=300ms max=1"));
    MonitorThread monitor(settings, recorder);
    ASSERT_TRUE(logs_in());
    monitor.reconfigure(right);
    ASSERT_TRUE(
        recorder.wait([](const Recorder& r) { return r.count("alice", Verdict::delivered) >= 3; }));
    monitor.stop();
    EXPECT_TRUE(recorder.missed.empty());
}

TEST_F(ReloadRules, AReloadThatChangesNoLoginEndsNoPauseHoweverManyAccountsShareIt) {
    remove_probe("bob");
    probe("alice").interval = milliseconds{200};
    // The same login by another way, as one probe for each address family has it.
    settings.accounts.push_back(account("alice"));
    settings.accounts.back().name = "alice4";
    settings.accounts.back().smtp->server.ip_family = IpFamily::v4;
    settings.probes.push_back(settings.probes.front());
    settings.probes.back().name = "second";
    settings.probes.back().from = "alice4";
    server.add_fault(parse_fault("smtp LOGIN refuse"));
    MonitorThread monitor(settings, recorder);
    ASSERT_TRUE(recorder.wait(judged(1)));
    const auto logins = [this] {
        return std::ranges::count_if(server.events(), [](const Event& e) {
            return e.kind == EventKind::command && e.text.starts_with("AUTH");
        });
    };
    ASSERT_TRUE(recorder.wait([](const Recorder& r) { return r.missed.size() == 2; }));
    const auto before = logins();
    for (int turn = 0; turn < 3; ++turn) {
        account("alice").smtp->timeouts.quit += seconds{turn == 2 ? 1 : 0};
        std::uint64_t missed = 0;
        recorder.locked([&](const Recorder& r) { missed = r.missed.at("alice"); });
        monitor.reconfigure(settings);
        ASSERT_TRUE(
            recorder.wait([&](const Recorder& r) { return r.missed.at("alice") >= missed + 3; }));
    }
    EXPECT_EQ(logins(), before);
    account("alice4").smtp->password = Secret("another");
    monitor.reconfigure(settings);
    EXPECT_TRUE(recorder.wait([&](const Recorder&) { return logins() > before; }));
}

TEST_F(ReloadRules, AFurtherAttemptDoesNotLogInWhileTheLoginRests) {
    only_one_mail("alice");
    probe("alice").max_attempts = 2;
    probe("alice").retry_after = milliseconds{2500};
    probe("alice").deadline = seconds{5};
    remove_probe("bob");
    server.add_fault(parse_fault("smtp RCPT refuse text=\"450 4.2.0 later\" max=1"));
    server.add_fault(parse_fault("smtp LOGIN refuse skip=1"));
    settings.probes.push_back(settings.probes.front());
    settings.probes.back().name = "second";
    settings.probes.back().interval = hours{1};
    MonitorThread monitor(settings, recorder);
    ASSERT_TRUE(refused_once());
    // The other probe of the login is the one that learns that it is refused now.
    Settings sooner = settings;
    sooner.probes.back().interval = interval_with_tick_soon("second");
    monitor.reconfigure(sooner);
    ASSERT_TRUE(recorder.wait(judged(2)));
    monitor.stop();
    const auto logins = std::ranges::count_if(server.events(), [](const Event& e) {
        return e.kind == EventKind::command && e.text.starts_with("AUTH");
    });
    EXPECT_EQ(logins, 2) << "the first attempt, and the one that was refused";
    recorder.locked([](const Recorder& r) {
        for (const RecordedVerdict& verdict : r.verdicts) {
            const StageCause later{Stage::envelope, Cause::rejected_transient};
            const StageCause refusal{Stage::auth, Cause::auth_rejected};
            EXPECT_EQ(verdict.fact.failure, verdict.probe == "alice" ? later : refusal);
        }
    });
}

TEST_F(ReloadRules, AMailInFlightIsRecognisedThoughTheKeyWasChangedTwice) {
    server.set_delay(loopback::parse_delay("1500ms"));
    only_one_mail("alice");
    remove_probe("bob");
    MonitorThread monitor(settings, recorder);
    ASSERT_TRUE(recorder.wait([](const Recorder& r) { return r.started.contains("alice"); }));
    for (const char letter : {'n', 'o'}) {
        settings.previous_tag_key = settings.tag_key;
        settings.tag_key = Secret(std::string(32, letter));
        monitor.reconfigure(settings);
    }
    ASSERT_TRUE(recorder.wait(judged(1)));
    monitor.stop();
    EXPECT_EQ(recorder.count("alice", Verdict::delivered), 1);
    EXPECT_TRUE(recorder.rejected.empty());
}

}  // namespace
}  // namespace mailprobed::test
