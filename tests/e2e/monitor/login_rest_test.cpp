// SPDX-License-Identifier: Apache-2.0
// Logins that are refused in words, by hanging up, or under another name than that of a wrong
// password: how long they rest, and that a lock costs no verdict.
#include "tests/e2e/monitor/monitor_run.hpp"

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

class LoginRest : public testing::Test {
  protected:
    LoginRest() : server_(options()) {
        server_.start();
        settings_ = settings_for(server_, {"alice"});
        // Whatever rests does so until the test is over.
        settings_.auth_backoff = hours{1};
    }
    ~LoginRest() override { EXPECT_EQ(recorder_.internal_errors, std::vector<std::string>{}); }

    static loopback::Options options() {
        loopback::Options result;
        result.accounts = accounts_for({"alice"});
        return result;
    }
    void add(const std::string& rule, std::string text = {}) {
        Fault fault = parse_fault(rule);
        if (!text.empty()) fault.text = std::move(text);
        server_.add_fault(fault);
    }
    bool judged(Verdict verdict, int times) {
        return recorder_.wait(
            [=](const Recorder& r) { return r.count("alice", verdict) >= times; });
    }
    [[nodiscard]] std::ptrdiff_t commands(std::string_view begin) {
        const auto& events = server_.events();
        return std::ranges::count_if(events, [begin](const Event& e) {
            return e.kind == EventKind::command && e.text.starts_with(begin);
        });
    }

    loopback::Server server_;
    Settings settings_;
    Recorder recorder_;
};

TEST_F(LoginRest, ALockToldInWordsCostsNoVerdict) {
    for (const char* words : {"-ERR maildrop already locked", "-ERR Re-Authentication Failure",
                              "-ERR Your mailbox is already locked by another POP3 session"}) {
        add("pop3 LOGIN reply skip=2 max=2", words);
    }
    MonitorThread monitor(settings_, recorder_);
    EXPECT_TRUE(judged(Verdict::delivered, 6));
    monitor.stop();
    EXPECT_TRUE(recorder_.look_failed(Stage::auth, Cause::mailbox_busy));
    EXPECT_FALSE(recorder_.look_failed(Stage::auth, Cause::auth_rejected));
}

TEST_F(LoginRest, TheFifthLockInARowOfAPasswordThatNeverWorkedIsARejection) {
    add("pop3 LOGIN reply", "-ERR maildrop already locked");
    MonitorThread monitor(settings_, recorder_);
    EXPECT_TRUE(recorder_.wait(
        [](const Recorder& r) { return r.look_failed(Stage::auth, Cause::auth_rejected); }));
    EXPECT_TRUE(judged(Verdict::unobserved, 2));
    monitor.stop();
    const StageCause busy{Stage::auth, Cause::mailbox_busy};
    EXPECT_EQ(std::ranges::count(recorder_.look_failures, busy), 4);
}

TEST_F(LoginRest, ALimitToldInWordsRestsAndIsNotCalledARejection) {
    add("pop3 LOGIN reply", "-ERR Login frequency limited");
    MonitorThread monitor(settings_, recorder_);
    EXPECT_TRUE(judged(Verdict::unobserved, 2));
    monitor.stop();
    EXPECT_EQ(recorder_.looks, 1U);
    EXPECT_TRUE(recorder_.look_failed(Stage::auth, Cause::login_delay));
}

TEST_F(LoginRest, AServerThatHangsUpAtThePasswordGetsItTwice) {
    add("pop3 LOGIN drop");
    MonitorThread monitor(settings_, recorder_);
    EXPECT_TRUE(judged(Verdict::unobserved, 3));
    monitor.stop();
    EXPECT_EQ(recorder_.looks, 2U);
    EXPECT_TRUE(recorder_.look_failed(Stage::auth, Cause::eof));
}

TEST_F(LoginRest, ASubmissionServerThatHangsUpAtThePasswordGetsItTwice) {
    add("smtp LOGIN drop");
    MonitorThread monitor(settings_, recorder_);
    EXPECT_TRUE(recorder_.wait([](const Recorder& r) {
        const auto missed = r.missed.find("alice");
        return missed != r.missed.end() && missed->second >= 2;
    }));
    monitor.stop();
    EXPECT_EQ(recorder_.count("alice", Verdict::send_failed), 2);
    EXPECT_EQ(commands("AUTH"), 2);
}

TEST_F(LoginRest, ARefusalAfterThePasswordLeftRestsWhateverItIsCalled) {
    add("smtp AUTH reply", "504 5.7.4 Unrecognized authentication type");
    MonitorThread monitor(settings_, recorder_);
    EXPECT_TRUE(recorder_.wait([](const Recorder& r) { return r.missed.contains("alice"); }));
    monitor.stop();
    EXPECT_EQ(recorder_.count("alice", Verdict::send_failed), 1);
    const StageCause unsupported{Stage::auth, Cause::auth_unsupported};
    EXPECT_EQ(recorder_.verdicts.at(0).fact.failure, unsupported);
}

TEST_F(LoginRest, ALoginDelaySaidInClearSilencesNothing) {
    settings_ = settings_for(server_, {"alice"}, {TlsMode::starttls});
    // As from somebody in between, who hides STLS as well.
    add("pop3 CAPA reply max=1", "+OK\r\nUSER\r\nLOGIN-DELAY 3600\r\n.");
    MonitorThread monitor(settings_, recorder_);
    EXPECT_TRUE(judged(Verdict::delivered, 1));
    monitor.stop();
    EXPECT_TRUE(recorder_.look_failed(Stage::starttls, Cause::tls_unavailable));
}

TEST_F(LoginRest, A221BehindTheDotIsNeitherAcceptedNorRefused) {
    add("smtp DOT reply carry_out max=1", "221 2.0.0 closing");
    add("smtp DOT reply", "221 2.0.0 closing");
    MonitorThread monitor(settings_, recorder_);
    EXPECT_TRUE(judged(Verdict::delivered, 1));
    EXPECT_TRUE(judged(Verdict::send_failed, 1));
    monitor.stop();
    EXPECT_EQ(recorder_.count("alice", Verdict::lost), 0);
}

TEST_F(LoginRest, DsnParametersThatAreRefusedDoNotFailTheRoute) {
    add("smtp MAIL reply max=1", "501 Parameter RET is not recognised");
    EXPECT_EQ(send_once(settings_, "alice", recorder_).verdict, Verdict::delivered);
    EXPECT_EQ(commands("MAIL FROM"), 2);
}

}  // namespace
}  // namespace mailprobed::test
