// SPDX-License-Identifier: Apache-2.0
// What a monitor makes of the mails that a server sends back to the sender: only a report of
// failure with a verified tag is a bounce.
#include "tests/e2e/monitor/restart_scene.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace mailprobed::test {
namespace {

using loopback::Event;
using loopback::EventKind;
using loopback::parse_fault;
using std::chrono::seconds;

constexpr seconds kPatience{20};

class BounceVerdict : public testing::Test {
  protected:
    BounceVerdict() : server_(options()) { server_.start(); }
    ~BounceVerdict() override { EXPECT_EQ(recorder_.internal_errors, std::vector<std::string>{}); }

    static loopback::Options options() {
        loopback::Options result;
        result.accounts = accounts_for({"alice", "bob"});
        return result;
    }
    /// One mail of alice to bob; her mailbox is read for what comes back only, at 0.5, 2.5 and 5 s.
    [[nodiscard]] Settings one_mail() const {
        Settings settings = settings_for(server_, {"alice", "bob"});
        settings.probes.pop_back();
        ProbeSettings& probe = settings.probes[0];
        probe.to = "bob";
        probe.to_address = "bob@test.invalid";
        probe.deadline = seconds{5};
        probe.interval = interval_with_tick_soon("alice");
        return settings;
    }
    bool removed_the_report() {
        const auto removed = [](const Event& event) {
            return event.kind == EventKind::deleted && event.mail && event.mail->report_on != 0;
        };
        return server_.wait_for(removed, kPatience).has_value();
    }
    [[nodiscard]] std::size_t verdicts() const {
        std::size_t result = 0;
        recorder_.locked([&](const Recorder& r) { result = r.verdicts.size(); });
        return result;
    }
    bool judged() {
        return recorder_.wait([](const Recorder& r) { return !r.verdicts.empty(); }, kPatience);
    }
    /// How often the sender's mailbox was logged in to.
    [[nodiscard]] std::ptrdiff_t looks_for_reports() const {
        const auto& events = server_.events();
        return std::ranges::count_if(events, [](const Event& event) {
            return event.kind == EventKind::login && event.username == "alice" &&
                   event.protocol == loopback::Protocol::pop3;
        });
    }

    loopback::Server server_;
    Recorder recorder_;
};

TEST_F(BounceVerdict, A5_02_ANoticeOfDelayKeepsTheMailPendingUntilItArrives) {
    server_.set_delay(loopback::parse_delay("3s"));
    server_.add_fault(parse_fault("smtp DOT bounce kind=delayed"));
    MonitorThread monitor(one_mail(), recorder_);
    ASSERT_TRUE(removed_the_report()) << "it was read, and it is ours";
    EXPECT_EQ(verdicts(), 0U);
    ASSERT_TRUE(judged());
    const LedgerTotals totals = monitor.stop();
    EXPECT_EQ(recorder_.count("alice", Verdict::delivered), 1);
    EXPECT_EQ(totals.verdicts, 1U);
    EXPECT_TRUE(recorder_.evidence.empty()) << "the arrival contradicts nothing";
    EXPECT_TRUE(recorder_.rejected.empty());
}

TEST_F(BounceVerdict, AMailByHandIsBouncedByAReportInTheSendersMailboxAndTheReportIsRemoved) {
    server_.set_delay(loopback::parse_delay("60s"));
    server_.add_fault(parse_fault("smtp DOT bounce"));
    EXPECT_EQ(send_once(one_mail(), "alice", recorder_).verdict, Verdict::bounced);
    EXPECT_TRUE(removed_the_report());
}

TEST_F(BounceVerdict, AMailByHandWaitsForNoSendersMailboxOnceItArrived) {
    server_.set_delay(loopback::parse_delay("2s"));
    server_.add_fault(parse_fault("pop3 PASS stall user=alice"));
    const auto began = std::chrono::steady_clock::now();
    EXPECT_EQ(send_once(one_mail(), "alice", recorder_).verdict, Verdict::delivered);
    EXPECT_LT(std::chrono::steady_clock::now() - began, seconds{30}) << "a look has minutes";
}

TEST_F(BounceVerdict, A5_02_ANoticeOfDelayAloneIsNoBounce) {
    server_.set_delay(loopback::parse_delay("60s"));
    server_.add_fault(parse_fault("smtp DOT bounce kind=delayed"));
    MonitorThread monitor(one_mail(), recorder_);
    ASSERT_TRUE(removed_the_report());
    ASSERT_TRUE(judged());
    monitor.stop();
    EXPECT_EQ(recorder_.count("alice", Verdict::lost), 1);
    EXPECT_FALSE(recorder_.verdicts.at(0).fact.status_class);
    EXPECT_TRUE(recorder_.evidence.empty());
}

TEST_F(BounceVerdict, A5_05_AForgedReportIsCountedOnceAndChangesNoVerdict) {
    for (const std::string fate : {"", " carry_out"}) {
        server_.clear_faults();
        server_.add_fault(parse_fault("smtp DOT bounce kind=forged" + fate));
        server_.set_delay(loopback::parse_delay("3s"));
        Recorder recorder;
        const std::ptrdiff_t looks = looks_for_reports();
        MonitorThread monitor(one_mail(), recorder);
        ASSERT_TRUE(
            recorder.wait([](const Recorder& r) { return !r.verdicts.empty(); }, kPatience));
        monitor.stop();
        EXPECT_EQ(recorder.count("alice", fate.empty() ? Verdict::lost : Verdict::delivered), 1);
        EXPECT_GE(looks_for_reports() - looks, 2);
        EXPECT_EQ(recorder.rejected, (std::map<TagReject, int>{{TagReject::forged, 1}}));
        EXPECT_TRUE(recorder.evidence.empty());
        // What anybody may have written is not ours to remove.
        ASSERT_EQ(server_.mailbox("alice").size(), 1U);
        server_.clear_mailbox("alice");
    }
}

TEST_F(BounceVerdict, A5_03_ALetterWithoutAReportIsABounce) {
    server_.add_fault(parse_fault("smtp DOT bounce kind=qmail status=5.2.1"));
    MonitorThread monitor(one_mail(), recorder_);
    ASSERT_TRUE(judged());
    monitor.stop();
    // No machine wrote it for machines: it is left where it is.
    EXPECT_EQ(server_.mailbox("alice").size(), 1U);
    ASSERT_EQ(recorder_.count("alice", Verdict::bounced), 1);
    EXPECT_EQ(recorder_.verdicts.at(0).fact.status_class, StatusClass::permanent);
    EXPECT_TRUE(recorder_.verdicts.at(0).detail.starts_with("5.2.1"))
        << recorder_.verdicts.at(0).detail;
    EXPECT_TRUE(recorder_.evidence.empty());
}

// A server may write into a bounce what it heard at a login; here the secret is its usual words.
TEST_F(BounceVerdict, ASecretInTheDiagnosticOfABounceIsMaskedInTheDetail) {
    server_.add_fault(parse_fault("smtp DOT bounce"));
    std::string words;
    {
        Recorder plain;
        MonitorThread monitor(one_mail(), plain);
        ASSERT_TRUE(plain.wait([](const Recorder& r) { return !r.verdicts.empty(); }, kPatience));
        monitor.stop();
        ASSERT_EQ(plain.count("alice", Verdict::bounced), 1);
        words = plain.verdicts.at(0).detail;
    }
    ASSERT_GT(words.size(), 12U);
    Settings settings = one_mail();
    // What follows the status.
    const std::string secret = words.substr(words.find(' ') + 1);
    settings.accounts.push_back(settings.accounts.at(0));
    settings.accounts.back().name = "other";
    settings.accounts.back().mailbox.reset();
    settings.accounts.back().smtp->password = Secret(secret);
    MonitorThread monitor(settings, recorder_);
    ASSERT_TRUE(judged());
    monitor.stop();
    ASSERT_EQ(recorder_.count("alice", Verdict::bounced), 1);
    const std::string& detail = recorder_.verdicts.at(0).detail;
    EXPECT_NE(detail.find("<secret>"), std::string::npos) << detail;
    EXPECT_EQ(detail.find(secret), std::string::npos) << detail;
}

}  // namespace
}  // namespace mailprobed::test
