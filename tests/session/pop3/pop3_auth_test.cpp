// SPDX-License-Identifier: Apache-2.0
// Ways into a mailbox: what is chosen, what refusals mean, when nothing is sent.
#include "tests/session/pop3_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mailprobed::script {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

void expect_played(const Pop3Run& run, const std::string& outcome) {
    EXPECT_EQ(run.outcome(), outcome) << run.visible();
    EXPECT_THAT(run.channel.surprises(), IsEmpty());
    EXPECT_TRUE(run.channel.finished());
}

MailboxSettings quiet(TlsMode tls, Pop3Auth auth = Pop3Auth::automatic) {
    MailboxSettings settings = pop3_settings(tls, auth);
    settings.pipelining = false;
    return settings;
}

TEST(Pop3Auth, A2_07_ResponseCodesDecide) {
    const struct {
        const char* answer;
        const char* outcome;
        const char* hint;
    } cases[] = {
        {"-ERR [AUTH] wrong\n", "auth:auth_rejected", "login refused: -ERR [AUTH] wrong"},
        {"-ERR [auth] wrong\n", "auth:auth_rejected", "wrong"},
        {"-ERR [IN-USE] locked\n", "auth:mailbox_busy", "locked"},
        {"-ERR [LOGIN-DELAY] wait\n", "auth:login_delay", "wait"},
        {"-ERR [SYS/TEMP] later\n", "auth:auth_transient", "later"},
        {"-ERR [SYS/PERM] broken\n", "auth:auth_rejected", "not the password"},
        {"-ERR invalid password\n", "auth:auth_rejected", "no reason code"},
        {"-err\n", "auth:auth_rejected", "no reason code"},
        {"-ERR [UNHEARD-OF] x\n", "auth:auth_rejected", "no reason code"},
        {"+ more\n", "auth:protocol_error", ""},
    };
    for (const auto& [answer, outcome, hint] : cases) {
        Script script = until_login(TlsMode::implicit, {"USER"});
        add_user_pass(script);
        script.steps.pop_back();
        script.server(Stage::auth, answer);
        if (answer[0] == '-') script.client(Stage::auth, "QUIT\n");
        const Pop3Run run(script, quiet(TlsMode::implicit), {});
        expect_played(run, outcome);
        ASSERT_TRUE(run.failure);
        EXPECT_THAT(run.failure->what(), HasSubstr(hint));
        // The look counts from here although it was refused.
        EXPECT_TRUE(run.login_at);
    }
}

TEST(Pop3Auth, RefusedUserNeverSendsThePassword) {
    Script script = until_login(TlsMode::implicit, {"USER"});
    script.client(Stage::auth, "USER 847915049@qq.com\n")
        .server(Stage::auth, "-ERR [SYS/TEMP] no\n")
        .client(Stage::auth, "QUIT\n");
    const Pop3Run run(script, quiet(TlsMode::implicit), {});
    expect_played(run, "auth:auth_transient");
    EXPECT_FALSE(run.login_at);
}

TEST(Pop3Auth, LoginAtIsTheInstantBeforeThePasswordLeaves) {
    Script script = until_login(TlsMode::implicit, {"USER"});
    add_user_pass(script);
    script.steps.back().takes = 7s;
    const Pop3Run run(script, quiet(TlsMode::implicit), {});
    expect_played(run, "done");
    // resolve, connect, handshake, greeting, CAPA twice, USER twice: 8 ms.
    EXPECT_EQ(run.login_at, ScriptedChannel::kStart + 8ms);
}

TEST(Pop3Auth, A2_06_PlainIsPreferredWhereOfferedAndAlwaysInTwoSteps) {
    Script script = until_login(TlsMode::implicit, {"USER", "SASL XOAUTH2 plain"});
    add_sasl_plain(script);
    const Pop3Run run(script, quiet(TlsMode::implicit), {});
    expect_played(run, "done");
    EXPECT_TRUE(run.login_at);
    EXPECT_TRUE(run.trace.shows("C AUTH PLAIN\nS + \nC <secret>\nS +OK"));
}

TEST(Pop3Auth, APinnedMechanismIsUsedOrNothing) {
    Script user_pass = until_login(TlsMode::implicit, {"SASL PLAIN"});
    add_user_pass(user_pass);
    expect_played(Pop3Run(user_pass, quiet(TlsMode::implicit, Pop3Auth::user_pass), {}), "done");

    Script plain = until_login(TlsMode::implicit, {"USER", "SASL PLAINX"});
    plain.client(Stage::auth, "QUIT\n");
    expect_played(Pop3Run(plain, quiet(TlsMode::implicit, Pop3Auth::plain), {}),
                  "auth:auth_unsupported");

    // Without CAPA nobody knows; the operator does.
    Script no_capa = until_login(TlsMode::implicit, {});
    add_sasl_plain(no_capa);
    expect_played(Pop3Run(no_capa, quiet(TlsMode::implicit, Pop3Auth::plain), {}), "done");
}

TEST(Pop3Auth, AuthPlainRefusedBeforeThePasswordIsUnsupported) {
    Script script = until_login(TlsMode::implicit, {"SASL PLAIN"});
    script.client(Stage::auth, "AUTH PLAIN\n")
        .server(Stage::auth, "-ERR Protocol error. Connection is closed. 10\n")
        .client(Stage::auth, "QUIT\n");
    const Pop3Run run(script, quiet(TlsMode::implicit), {});
    expect_played(run, "auth:auth_unsupported");
    EXPECT_FALSE(run.login_at);
}

TEST(Pop3Auth, WithoutTlsNoOctetOfAPasswordLeavesUnlessAllowed) {
    for (const char* offer : {"USER", "SASL PLAIN"}) {
        Script script = until_login(TlsMode::none, {offer});
        script.client(Stage::auth, "QUIT\n");
        MailboxSettings settings = quiet(TlsMode::none);
        settings.allow_plaintext_auth = false;
        const Pop3Run run(script, settings, {});
        expect_played(run, "auth:auth_unsupported");
        EXPECT_THAT(run.failure->what(), HasSubstr("allow_plaintext_auth"));
        EXPECT_THAT(run.channel.written(), Not(HasSubstr("USER")));
    }
}

// CVE-2007-1558: a timestamp that is no msg-id may be an attack on the digest.
TEST(Pop3Auth, A2_06_ApopNeedsATimestampOfTheRightShape) {
    for (const char* greeting :
         {"+OK ready\n", "+OK <>\n", "+OK <a@>\n", "+OK <@b>\n", "+OK <a b@c>\n", "+OK <a@b\n",
          "+OK <a<b@c>\n", "+OK <a@b@c>\n", "+OK <\x80@c>\n"}) {
        Script script;
        script.resolve().connect().server(Stage::greeting, greeting);
        add_capa(script, {"USER"});
        script.client(Stage::auth, "QUIT\n");
        const Pop3Run run(script, quiet(TlsMode::none, Pop3Auth::apop), {});
        expect_played(run, "auth:auth_unsupported");
    }
}

TEST(Pop3Auth, B3_1_ALineBreakInAPasswordNeverReachesTheWire) {
    Script script = until_login(TlsMode::implicit, {"USER"});
    script.client(Stage::auth, "USER 847915049@qq.com\n").server(Stage::auth, "+OK\n");
    MailboxSettings settings = quiet(TlsMode::implicit);
    settings.password = Secret("a\r\nDELE 1");
    expect_played(Pop3Run(script, settings, {}), "auth:internal");
}

TEST(Pop3Auth, A2_02_CapabilitiesAreAskedAgainOnlyWhereTheyMayDiffer) {
    // Gmail shows PIPELINING only after login.
    Script script = until_login(TlsMode::implicit, {"USER", "TOP"});
    add_user_pass(script);
    add_capa(script, {"TOP", "PIPELINING", "LOGIN-DELAY 300"});
    script.client(Stage::headers, "TOP 1 1\nTOP 2 1\n")
        .server(Stage::headers, "+OK\n\n.\n-ERR gone\n");
    Seen seen;
    const Pop3Run run(script, pop3_settings(TlsMode::implicit), read_headers(seen, {1, 2}));
    expect_played(run, "done");
    EXPECT_EQ(run.login_delay, 300s);
    ASSERT_EQ(seen.messages.size(), 2U);
    EXPECT_TRUE(seen.messages[0].present);
    EXPECT_FALSE(seen.messages[1].present);
}

TEST(Pop3Auth, A2_08_TheLoginDelaySeenAfterLoginCounts) {
    Script script = until_login(TlsMode::implicit, {"USER", "LOGIN-DELAY 900 USER"});
    add_user_pass(script);
    add_capa(script, {"LOGIN-DELAY 60"});
    EXPECT_EQ(Pop3Run(script, quiet(TlsMode::implicit), {}).login_delay, 60s);

    Script refused = until_login(TlsMode::implicit, {"USER", "LOGIN-DELAY 900 USER"});
    add_user_pass(refused);
    add_capa(refused, {});
    EXPECT_EQ(Pop3Run(refused, quiet(TlsMode::implicit), {}).login_delay, 900s);

    Script absurd = until_login(TlsMode::implicit, {"USER", "LOGIN-DELAY 99999999999"});
    add_user_pass(absurd);
    EXPECT_EQ(Pop3Run(absurd, quiet(TlsMode::implicit), {}).login_delay, 0s);
}

}  // namespace
}  // namespace mailprobed::script
