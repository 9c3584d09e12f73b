// SPDX-License-Identifier: Apache-2.0
// Hostile servers over real sockets: no octet of a login without TLS, no session beyond its time.
#include "tests/e2e/monitor/monitor_run.hpp"

#include <gtest/gtest.h>

namespace mailprobed::test {
namespace {

using loopback::parse_fault;
using std::chrono::milliseconds;
using std::chrono::seconds;

loopback::Options options() {
    loopback::Options result;
    result.accounts = accounts_for({"alice"});
    return result;
}

void expect_no_login(const loopback::Server& server, loopback::Protocol protocol) {
    for (const loopback::Event& event : server.events()) {
        if (event.protocol != protocol) continue;
        EXPECT_NE(event.kind, loopback::EventKind::login) << event.text;
        EXPECT_NE(event.kind, loopback::EventKind::login_refused) << event.text;
        for (const char* step : {"AUTH", "USER", "PASS", "APOP", "MAIL"}) {
            EXPECT_NE(event.detail, step) << event.text;
        }
    }
}

TEST(HostileServer, B1_1_StartTlsThatIsRefusedOrOddlyAnsweredGetsNoOctetOfALogin) {
    for (const char* answer : {"502 5.5.1 no", "454 4.7.0 not now", "354 go ahead", "250 fine"}) {
        loopback::Server server(options());
        server.start();
        server.add_fault(parse_fault("smtp STARTTLS reply text=\"" + std::string(answer) + "\""));
        Recorder recorder;
        const Judgement judgement =
            send_once(settings_for(server, {"alice"}, {TlsMode::starttls}), "alice", recorder);
        ASSERT_TRUE(judgement.failure) << answer;
        EXPECT_EQ(judgement.failure->stage, Stage::starttls) << answer;
        EXPECT_EQ(judgement.failure->cause, Cause::tls_unavailable) << answer;
        expect_no_login(server, loopback::Protocol::smtp);
    }
    for (const char* answer : {"-ERR no", "-ERR [SYS/TEMP] not now", "+ continue"}) {
        loopback::Server server(options());
        server.start();
        server.add_fault(parse_fault("pop3 STLS reply text=\"" + std::string(answer) + "\""));
        Settings settings = settings_for(server, {"alice"}, {TlsMode::starttls});
        settings.probes[0].deadline = milliseconds{500};
        settings.probes[0].verdict_grace = milliseconds{500};
        Recorder recorder;
        EXPECT_EQ(send_once(settings, "alice", recorder).verdict, Verdict::unobserved) << answer;
        EXPECT_TRUE(recorder.look_failed(Stage::starttls, Cause::tls_unavailable)) << answer;
        expect_no_login(server, loopback::Protocol::pop3);
    }
}

// In a segment of its own it meets the client before its handshake or in it: both end the session.
TEST(HostileServer, B1_5_OctetsInALaterSegmentBeforeTheHandshakeEndTheSession) {
    loopback::Server server(options());
    server.start();
    server.add_fault(parse_fault("smtp tls inject text=\"250 injected\\r\\n235 in\\r\\n\""));
    server.add_fault(parse_fault("pop3 tls inject text=\"+OK injected\\r\\n\""));
    Settings settings = settings_for(server, {"alice"}, {TlsMode::starttls});
    Recorder recorder;
    const Judgement judgement = send_once(settings, "alice", recorder);
    ASSERT_TRUE(judgement.failure);
    EXPECT_EQ(judgement.failure->stage, Stage::starttls);
    EXPECT_TRUE(judgement.failure->cause == Cause::tls_injection ||
                judgement.failure->cause == Cause::tls_failed)
        << judgement.detail;
    expect_no_login(server, loopback::Protocol::smtp);

    settings.accounts[0].smtp->server.tls = TlsMode::none;
    settings.probes[0].deadline = milliseconds{500};
    settings.probes[0].verdict_grace = milliseconds{500};
    Recorder second;
    EXPECT_EQ(send_once(settings, "alice", second).verdict, Verdict::unobserved);
    EXPECT_TRUE(second.look_failed(Stage::starttls, Cause::tls_injection) ||
                second.look_failed(Stage::starttls, Cause::tls_failed));
    expect_no_login(server, loopback::Protocol::pop3);
}

// Each octet comes in time, half a second after the one before: an answer would take at least ten
// times the session's total.
TEST(HostileServer, B4_2_ADripCannotOutliveTheTotalDeadline) {
    constexpr milliseconds kTotal{400};
    for (const char* step : {"greeting", "EHLO", "AUTH", "MAIL", "RCPT", "DATA"}) {
        loopback::Server server(options());
        server.start();
        server.add_fault(parse_fault("smtp " + std::string(step) + " drip for=500ms"));
        Settings settings = settings_for(server, {"alice"});
        settings.accounts[0].smtp->timeouts.total = kTotal;
        settings.probes[0].deadline = seconds{30};
        Recorder recorder;
        const auto before = std::chrono::steady_clock::now();
        const Judgement judgement = send_once(settings, "alice", recorder);
        EXPECT_LT(std::chrono::steady_clock::now() - before, seconds{3}) << step;
        ASSERT_TRUE(judgement.failure) << step;
        EXPECT_EQ(judgement.failure->cause, Cause::timeout) << step;
    }
    for (const char* step : {"greeting", "CAPA", "LOGIN", "STAT", "UIDL", "TOP", "RETR", "DELE"}) {
        loopback::Server server(options());
        server.start();
        server.add_fault(parse_fault("pop3 " + std::string(step) + " drip for=500ms"));
        server.inject("alice", "Subject: a mail to read\r\n\r\nx\r\n");
        Settings settings = settings_for(server, {"alice"});
        settings.accounts[0].mailbox->timeouts.total = kTotal;
        settings.accounts[0].mailbox->auth = Pop3Auth::user_pass;
        settings.probes[0].deadline = milliseconds{600};
        settings.probes[0].verdict_grace = milliseconds{600};
        Recorder recorder;
        const Judgement judgement = send_once(settings, "alice", recorder);
        EXPECT_NE(judgement.verdict, Verdict::lost) << step;
        EXPECT_GE(recorder.failures_of["alice"].size(), 1U) << step;
        EXPECT_EQ(recorder.failures_of["alice"][0].cause, Cause::timeout) << step;
        EXPECT_LT(recorder.longest_look["alice"], kTotal + seconds{2}) << step;
    }
}

}  // namespace
}  // namespace mailprobed::test
