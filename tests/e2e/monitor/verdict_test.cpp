// SPDX-License-Identifier: Apache-2.0
// Every verdict rule of docs/claims.md over real sockets.
#include "tests/e2e/monitor/monitor_run.hpp"

#include <gtest/gtest.h>

namespace mailprobed::test {
namespace {

using loopback::parse_fault;
using std::chrono::milliseconds;
using std::chrono::seconds;

class VerdictTest : public testing::Test {
  protected:
    VerdictTest() : server(options()) { server.start(); }
    ~VerdictTest() override { EXPECT_EQ(recorder.internal_errors, std::vector<std::string>{}); }

    static loopback::Options options() {
        loopback::Options result;
        result.accounts = accounts_for({"alice"});
        return result;
    }

    Judgement run(const std::string& fault = {}) {
        if (!fault.empty()) server.add_fault(parse_fault(fault));
        return send_once(settings_for(server, {"alice"}), "alice", recorder);
    }
    static void expect_send_failed(const Judgement& judgement, Stage stage, Cause cause) {
        EXPECT_EQ(judgement.verdict, Verdict::send_failed);
        ASSERT_TRUE(judgement.failure);
        EXPECT_EQ(to_string(judgement.failure->stage), to_string(stage));
        EXPECT_EQ(to_string(judgement.failure->cause), to_string(cause)) << judgement.detail;
    }

    loopback::Server server;
    Recorder recorder;
};

TEST_F(VerdictTest, AMailThatArrivesIsDeliveredIntactAndRemoved) {
    const Judgement judgement = run();
    EXPECT_EQ(judgement.verdict, Verdict::delivered);
    EXPECT_EQ(judgement.body, BodyState::intact);
    EXPECT_EQ(recorder.deleted, 1U);
    EXPECT_TRUE(server.mailbox("alice").empty());
}

TEST_F(VerdictTest, TheTrueInstantLiesBetweenTheBounds) {
    server.set_delay(loopback::parse_delay("700ms"));
    const Judgement judgement = run();
    ASSERT_EQ(judgement.verdict, Verdict::delivered);
    const auto visible = server.wait_for(
        [](const loopback::Event& e) { return e.kind == loopback::EventKind::visible; },
        seconds{1});
    ASSERT_TRUE(visible);
    const Instant truth{std::chrono::nanoseconds{visible->at_ns}};
    EXPECT_LE(judgement.lower, truth);
    EXPECT_GE(judgement.upper, truth);
    EXPECT_LT(judgement.upper - judgement.lower, milliseconds{600});
}

TEST_F(VerdictTest, Pop3DownFromBeforeTheDeadlineToAfterTheGraceIsUnobservedNotLost) {
    server.refuse(loopback::Protocol::pop3);
    EXPECT_EQ(run().verdict, Verdict::unobserved);
    EXPECT_TRUE(recorder.look_failed(Stage::connect, Cause::refused));
    EXPECT_EQ(server.mailbox("alice").size(), 1U) << "the mail itself was delivered";
}

TEST_F(VerdictTest, Pop3ThatHangsIsUnobservedNotLost) {
    Settings settings = settings_for(server, {"alice"});
    settings.accounts[0].mailbox->timeouts.total = milliseconds{400};
    server.freeze(loopback::Protocol::pop3);
    EXPECT_EQ(send_once(settings, "alice", recorder).verdict, Verdict::unobserved);
    EXPECT_TRUE(recorder.look_failed(Stage::greeting, Cause::timeout));
}

TEST_F(VerdictTest, AStampOlderThanTheMailsArrivalIsAClockBehindOurs) {
    // Stamped at the dot and seen 1.2 s later.
    server.set_delay(loopback::parse_delay("1200ms"));
    ASSERT_EQ(run().verdict, Verdict::delivered);
    ASSERT_TRUE(recorder.clock_ahead);
    EXPECT_LE(*recorder.clock_ahead, -milliseconds{1200});
    EXPECT_GT(*recorder.clock_ahead, -seconds{10});
}

TEST_F(VerdictTest, SmtpDownIsSendFailedAtConnect) {
    server.refuse(loopback::Protocol::smtp);
    expect_send_failed(run(), Stage::connect, Cause::refused);
}

TEST_F(VerdictTest, AMailDroppedSilentlyIsLost) {
    EXPECT_EQ(run("smtp DOT lose").verdict, Verdict::lost);
    EXPECT_GT(recorder.complete_looks, 0U);
}

TEST_F(VerdictTest, A1_29_ConnectionCutAfterTheDotWithTheMailKeptIsDelivered) {
    EXPECT_EQ(run("smtp DOT keep_and_drop").verdict, Verdict::delivered);
}

TEST_F(VerdictTest, A1_29_ConnectionCutAfterTheDotWithTheMailGoneIsSendFailedAtAccept) {
    expect_send_failed(run("smtp DOT discard_and_drop"), Stage::accept, Cause::eof);
}

TEST_F(VerdictTest, NoAnswerToTheDotWithTheMailGoneIsSendFailedAtAccept) {
    Settings settings = settings_for(server, {"alice"});
    settings.accounts[0].smtp->timeouts.accept = milliseconds{300};
    server.add_fault(parse_fault("smtp DOT stall"));
    expect_send_failed(send_once(settings, "alice", recorder), Stage::accept, Cause::timeout);
}

TEST_F(VerdictTest, ANegativeReplyToTheDotIsSendFailedAtAccept) {
    expect_send_failed(run("smtp DOT refuse"), Stage::accept, Cause::rejected_permanent);
}

TEST_F(VerdictTest, ATransientReplyToTheDotIsSendFailedAtAcceptAndNotRetried) {
    server.add_fault(parse_fault("smtp DOT refuse text=\"451 4.3.0 later\""));
    expect_send_failed(run(), Stage::accept, Cause::rejected_transient);
    EXPECT_EQ(recorder.started["alice"], 1U);
}

TEST_F(VerdictTest, AnUnreadableMailboxAfterALostAnswerIsUnobserved) {
    server.refuse(loopback::Protocol::pop3);
    EXPECT_EQ(run("smtp DOT discard_and_drop").verdict, Verdict::unobserved);
}

TEST_F(VerdictTest, ADuplicatedMailIsDeliveredAndCountedAndBothAreRemoved) {
    EXPECT_EQ(run("smtp DOT duplicate").verdict, Verdict::delivered);
    EXPECT_EQ(recorder.evidence["alice"][Evidence::duplicate], 1);
    EXPECT_TRUE(server.mailbox("alice").empty());
}

TEST_F(VerdictTest, AnAlteredBodyIsDeliveredAndSaidToBeAltered) {
    const Judgement judgement = run("smtp DOT alter");
    EXPECT_EQ(judgement.verdict, Verdict::delivered);
    EXPECT_EQ(judgement.body, BodyState::altered);
}

TEST_F(VerdictTest, AMailThatCannotBeFetchedIsDeliveredUnread) {
    const Judgement judgement = run("pop3 RETR drop max=1");
    EXPECT_EQ(judgement.verdict, Verdict::delivered);
    EXPECT_EQ(judgement.body, BodyState::unread);
    EXPECT_TRUE(recorder.look_failed(Stage::body, Cause::eof));
}

TEST_F(VerdictTest, AMailboxHeldByAnotherClientIsContentionAndNotAnOutage) {
    ASSERT_TRUE(server.lock_mailbox("alice"));
    std::thread release([&] {
        recorder.wait(
            [](const Recorder& r) { return r.look_failed(Stage::auth, Cause::mailbox_busy); });
        server.unlock_mailbox("alice");
    });
    EXPECT_EQ(run().verdict, Verdict::delivered);
    release.join();
    EXPECT_TRUE(recorder.look_failed(Stage::auth, Cause::mailbox_busy));
}

TEST_F(VerdictTest, AMailboxHeldForGoodIsUnobserved) {
    ASSERT_TRUE(server.lock_mailbox("alice"));
    EXPECT_EQ(run().verdict, Verdict::unobserved);
}

TEST(Quit, A2_14_ALostOneRemovesNothingAndMakesNoDuplicate) {
    for (const bool uidl : {true, false}) {
        loopback::Options options;
        options.accounts = accounts_for({"alice"});
        // Without unique ids nothing but the ledger tells a mail that stayed from a copy.
        options.pop3.uidl = uidl;
        loopback::Server server(options);
        server.start();
        server.add_fault(parse_fault("pop3 QUIT drop max=1"));
        Recorder recorder;
        MonitorThread monitor(settings_for(server, {"alice"}), recorder);
        ASSERT_TRUE(recorder.wait([](const Recorder& r) { return r.deleted >= 2; })) << uidl;
        monitor.stop();
        EXPECT_TRUE(recorder.look_failed(Stage::quit, Cause::eof)) << uidl;
        EXPECT_EQ(recorder.evidence["alice"][Evidence::duplicate], 0) << uidl;
        EXPECT_GE(recorder.count("alice", Verdict::delivered), 1) << uidl;
        EXPECT_EQ(recorder.internal_errors, std::vector<std::string>{}) << uidl;
    }
}

TEST_F(VerdictTest, ALostMailThatComesLaterIsLateAndRemoved) {
    server.add_fault(parse_fault("smtp DOT delay_delivery delivery=3s max=1"));
    MonitorThread monitor(settings_for(server, {"alice"}), recorder);
    ASSERT_TRUE(recorder.wait([](const Recorder& r) {
        const auto found = r.evidence.find("alice");
        return found != r.evidence.end() && found->second.contains(Evidence::late);
    }));
    const LedgerTotals totals = monitor.stop();
    EXPECT_EQ(recorder.count("alice", Verdict::lost), 1);
    EXPECT_EQ(totals.started, totals.verdicts + totals.pending);
}

}  // namespace
}  // namespace mailprobed::test
