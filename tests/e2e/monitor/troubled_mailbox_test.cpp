// SPDX-License-Identifier: Apache-2.0
// Mailboxes whose server cannot read what it lists, or will not remove what it should: never a
// loss that was not one, and never a mailbox that stays blind.
#include "probes/domain/identity/message.hpp"
#include "probes/domain/identity/tag.hpp"
#include "probes/net/crypto.hpp"
#include "tests/e2e/monitor/monitor_run.hpp"
#include "tests/e2e/monitor/restart_scene.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace mailprobed::test {
namespace {

using loopback::Event;
using loopback::EventKind;
using loopback::Fault;
using loopback::parse_fault;
using std::chrono::hours;
using std::chrono::seconds;

constexpr const char* kLunch = "Subject: lunch\r\n\r\nHello\r\n";

class TroubledMailbox : public testing::Test {
  protected:
    TroubledMailbox() : server_(options()) {
        server_.start();
        settings_ = settings_for(server_, {"alice"});
    }
    ~TroubledMailbox() override {
        EXPECT_EQ(recorder_.internal_errors, std::vector<std::string>{});
    }

    static loopback::Options options() {
        loopback::Options result;
        result.accounts = accounts_for({"alice"});
        return result;
    }
    Judgement run() { return send_once(settings_, "alice", recorder_); }
    /// TOP is answered `text` the first `times` times.
    void answer_top(std::string text, std::uint64_t times) {
        // Where TOP is refused RETR decides.
        for (const char* command : {"pop3 TOP reply", "pop3 RETR reply"}) {
            Fault fault = parse_fault(command);
            fault.text = text;
            fault.max = times;
            server_.add_fault(fault);
            if (text.front() == '+') break;
        }
    }
    [[nodiscard]] std::string tag_of_ours(MailId mail) const {
        const TagCodec codec(settings_.tag_key, hmac_sha256);
        return codec.write({name_id(settings_.instance), probe_id("alice"), mail, 1, 1});
    }
    void put_one_of_ours(MailId mail) {
        server_.inject("alice", "X-Mailprobed-Tag: " + tag_of_ours(mail) + "\r\n\r\nx\r\n");
    }
    void send_only_one_mail() {
        settings_.probes[0].interval = interval_with_tick_soon("alice");
        settings_.probes[0].deadline = seconds{20};
    }

    loopback::Server server_;
    Settings settings_;
    Recorder recorder_;
};

// Dovecot says +OK and ends early when its storage cannot be read.
TEST_F(TroubledMailbox, AnEmptyOrCutAnswerToTopDoesNotMakeOurMailAStranger) {
    for (const char* answer : {"+OK\r\n\r\n.\r\n", "+OK\r\n.\r\n", "+OK\r\nReceived: x\r\n.\r\n"}) {
        answer_top(answer, 2);
        EXPECT_EQ(run().verdict, Verdict::delivered) << answer;
        EXPECT_TRUE(server_.mailbox("alice").empty());
        server_.clear_faults();
    }
}

TEST_F(TroubledMailbox, AMailThatNoCommandShowsForAWhileIsReadWhenOneDoes) {
    for (const char* answer : {"+OK\r\n\r\n.\r\n", "+OK\r\n.\r\n"}) {
        answer_top(answer, 2);
        Fault whole = parse_fault("pop3 RETR reply");
        whole.text = answer;
        whole.max = 2;
        server_.add_fault(whole);
        EXPECT_EQ(run().verdict, Verdict::delivered) << answer;
        server_.clear_faults();
    }
}

TEST_F(TroubledMailbox, AMailThatTheServerCannotReadIsNeverCalledLost) {
    for (const char* answer : {"-ERR Message 1 expunged.", "-ERR [SYS/TEMP] storage"}) {
        answer_top(answer, 1'000'000);
        EXPECT_EQ(run().verdict, Verdict::unobserved) << answer;
        EXPECT_EQ(server_.mailbox("alice").size(), 1U);
        server_.clear_faults();
        server_.clear_mailbox("alice");
    }
}

TEST_F(TroubledMailbox, AnOldMailThatTheServerCannotReadDoesNotHideALoss) {
    server_.inject("alice", kLunch);
    answer_top("-ERR Message 1 expunged.", 1'000'000);
    server_.add_fault(parse_fault("smtp DOT lose"));
    MonitorThread monitor(settings_, recorder_);
    // The first mails may have been what is seen there for the first time, the later ones not.
    EXPECT_TRUE(
        recorder_.wait([](const Recorder& r) { return r.count("alice", Verdict::lost) >= 2; }));
    monitor.stop();
    EXPECT_GE(recorder_.count("alice", Verdict::unobserved), 1);
}

TEST_F(TroubledMailbox, AListingShorterThanTheCountProvesNoAbsence) {
    server_.add_fault(parse_fault("pop3 STAT reply text=\"+OK 7 999\""));
    server_.add_fault(parse_fault("smtp DOT lose"));
    server_.inject("alice", kLunch);
    EXPECT_EQ(run().verdict, Verdict::unobserved);
    EXPECT_TRUE(recorder_.look_failed(Stage::list, Cause::protocol_error));
}

TEST_F(TroubledMailbox, AServerThatCountsNothingIsAskedForItsListingAllTheSame) {
    server_.add_fault(parse_fault("pop3 STAT reply text=\"+OK 0 0\" max=1000000"));
    EXPECT_EQ(run().verdict, Verdict::delivered);
}

// Gmail lists the oldest 250 that it has not shown before.
TEST_F(TroubledMailbox, AWindowOfNumberHidesAMailOnlyWhereTheListingFillsIt) {
    settings_.accounts[0].mailbox->window.oldest = 3;
    server_.add_fault(parse_fault("smtp DOT lose max=1000000"));
    server_.inject("alice", kLunch);
    server_.inject("alice", kLunch);
    EXPECT_EQ(run().verdict, Verdict::lost);
    EXPECT_FALSE(recorder_.look_failed(Stage::list, Cause::mailbox_too_large));
    server_.inject("alice", kLunch);
    EXPECT_EQ(run().verdict, Verdict::unobserved);
    EXPECT_TRUE(recorder_.look_failed(Stage::list, Cause::mailbox_too_large));
}

// QQ lists what is younger than 30 days.
TEST_F(TroubledMailbox, AWindowOfAgeHidesAMailOnlyWhereItWaitsThatLong) {
    server_.add_fault(parse_fault("smtp DOT lose max=1000000"));
    settings_.accounts[0].mailbox->window.age = hours{24 * 30};
    EXPECT_EQ(run().verdict, Verdict::lost);
    settings_.accounts[0].mailbox->window.age = seconds{1};
    EXPECT_EQ(run().verdict, Verdict::unobserved);
    EXPECT_TRUE(recorder_.look_failed(Stage::list, Cause::mailbox_too_large));
}

// QUIT is answered +OK and nothing was removed.
TEST_F(TroubledMailbox, ARemovalThatDoesNotHoldIsCountedOnceAndLeftAlone) {
    constexpr unsigned kUnheld = 3;
    server_.add_fault(parse_fault("pop3 QUIT reply text=\"+OK bye\" max=3"));
    MonitorThread monitor(settings_, recorder_);
    ASSERT_TRUE(recorder_.wait([](const Recorder& r) { return r.came_again > 0; }));
    int delivered = 0;
    recorder_.locked([&](const Recorder& r) { delivered = r.count("alice", Verdict::delivered); });
    ASSERT_TRUE(recorder_.wait([delivered](const Recorder& r) {
        return r.count("alice", Verdict::delivered) >= delivered + 4;
    }));
    monitor.stop();
    EXPECT_LE(recorder_.came_again, kUnheld);
    EXPECT_TRUE(recorder_.evidence["alice"].empty()) << "it is no duplicate";
    EXPECT_GE(server_.mailbox("alice").size(), recorder_.came_again);
}

TEST_F(TroubledMailbox, AnIdThatIsNoneHidesNeitherItsMailNorTheOthers) {
    server_.inject("alice", kLunch, {}, "two words");
    server_.inject("alice", kLunch, {}, std::string(80, 'x'));
    EXPECT_EQ(run().verdict, Verdict::delivered);
    EXPECT_EQ(server_.mailbox("alice").size(), 2U);
    EXPECT_TRUE(recorder_.look_failures.empty());
}

// A gateway took our field and our Message-ID: it is ours, and nothing proves it.
TEST_F(TroubledMailbox, AMailOfOursWithoutAVerifiedMarkStays) {
    const std::string tag = tag_of_ours(5);
    MessageParts parts;
    parts.probe = "alice";
    parts.instance = settings_.instance;
    parts.from = parts.to = "alice@test.invalid";
    parts.tag = tag;
    parts.id_domain = "test.invalid";
    std::string text = compose(parts).text;
    for (const std::string field : {"X-Mailprobed-Tag:", "Message-ID:"}) {
        const std::size_t at = text.find(field);
        ASSERT_NE(at, std::string::npos);
        text.replace(at, field.size(), "X-Was:");
        text.replace(text.find(tag, at), tag.size(), "gone");
    }
    server_.inject("alice", text);
    EXPECT_EQ(run().verdict, Verdict::delivered);
    EXPECT_EQ(recorder_.evidence["alice"][Evidence::orphan], 1);
    EXPECT_EQ(server_.mailbox("alice").size(), 1U);
}

// Whoever received one of ours may write so.
TEST_F(TroubledMailbox, TheTagInTheBodyAloneIsNoArrivalAndStays) {
    server_.inject("alice", "Subject: x\r\n\r\n" + tag_of_ours(5) + "\r\n");
    EXPECT_EQ(run().verdict, Verdict::delivered);
    EXPECT_EQ(recorder_.evidence["alice"][Evidence::orphan], 0);
    EXPECT_EQ(server_.mailbox("alice").size(), 1U);
}

TEST_F(TroubledMailbox, WhereTopIsOfferedAndRefusedRetrDecides) {
    server_.add_fault(parse_fault("pop3 TOP reply text=\"-ERR not today\" max=1000000"));
    EXPECT_EQ(run().verdict, Verdict::delivered);
    EXPECT_TRUE(server_.mailbox("alice").empty());
}

// TOP is known to work when it is refused for ours: another mail was read by it before.
TEST_F(TroubledMailbox, WhereTopIsRefusedForOneMailRetrDecides) {
    server_.inject("alice", kLunch);
    server_.add_fault(parse_fault("pop3 TOP reply text=\"-ERR not this one\" skip=1 max=1000000"));
    EXPECT_EQ(run().verdict, Verdict::delivered);
    EXPECT_EQ(server_.mailbox("alice").size(), 1U);
}

TEST_F(TroubledMailbox, ARefusedDeletionKeepsOneMailAndNotAll) {
    put_one_of_ours(5);
    put_one_of_ours(6);
    server_.add_fault(parse_fault("pop3 DELE refuse max=1"));
    EXPECT_EQ(run().verdict, Verdict::delivered);
    EXPECT_TRUE(recorder_.look_failed(Stage::remove, Cause::protocol_error));
    EXPECT_EQ(recorder_.deleted, 2U);
    EXPECT_EQ(server_.mailbox("alice").size(), 1U);
}

TEST_F(TroubledMailbox, AStrangersMailWithTheIdOfOneOfOursThatStayedIsNotRemoved) {
    send_only_one_mail();
    server_.add_fault(parse_fault("pop3 DELE drop"));
    MonitorThread monitor(settings_, recorder_);
    ASSERT_TRUE(
        recorder_.wait([](const Recorder& r) { return r.look_failed(Stage::remove, Cause::eof); }));
    const auto ours = server_.mailbox("alice");
    ASSERT_EQ(ours.size(), 1U);
    // As when the mailbox is set up anew.
    server_.clear_mailbox("alice");
    server_.inject("alice", kLunch, {}, ours[0].uidl);
    server_.clear_faults();
    Settings again = settings_;
    again.probes[0].interval = std::chrono::milliseconds{700};
    monitor.reconfigure(again);
    ASSERT_TRUE(recorder_.wait(
        [](const Recorder& r) { return r.count("alice", Verdict::delivered) >= 3; }));
    monitor.stop();
    const auto left = server_.mailbox("alice");
    EXPECT_EQ(std::ranges::count(left, ours[0].uidl, &loopback::StoredMail::uidl), 1);
}

TEST_F(TroubledMailbox, B4_8_NothingIsRemovedWhereTheConfigurationSaysNever) {
    settings_.accounts[0].mailbox->remove_own = false;
    MonitorThread monitor(settings_, recorder_);
    ASSERT_TRUE(recorder_.wait(
        [](const Recorder& r) { return r.count("alice", Verdict::delivered) >= 3; }));
    monitor.stop();
    EXPECT_EQ(recorder_.deleted, 0U);
    EXPECT_GE(server_.mailbox("alice").size(), 3U);
    EXPECT_TRUE(recorder_.evidence["alice"].empty()) << "what is left is no second copy";
    std::map<std::uint64_t, int> reads;
    for (const Event& event : server_.events()) {
        if (event.kind == EventKind::retrieved && event.mail) ++reads[event.mail->id];
    }
    for (const auto& [id, times] : reads)
        EXPECT_LE(times, 2) << "header and body, once";
}

TEST_F(TroubledMailbox, B4_6_ACopyThatArrivesBeforeTheAnswerToTheDotIsFlagged) {
    server_.add_fault(parse_fault("smtp DOT drip bytes=1 for=100ms"));
    const Judgement judgement = run();
    EXPECT_EQ(judgement.verdict, Verdict::delivered);
    EXPECT_EQ(judgement.detail, "it arrived before the server had answered the dot");
}

}  // namespace
}  // namespace mailprobed::test
