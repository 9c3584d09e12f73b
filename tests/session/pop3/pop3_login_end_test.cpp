// SPDX-License-Identifier: Apache-2.0
// What came of a login: what words mean where no code is given, what is tried once more, and what
// of it leaves the session.
#include "tests/session/pop3_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mailprobed::script {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;

void expect_played(const Pop3Run& run, const std::string& outcome) {
    EXPECT_EQ(run.outcome(), outcome) << run.visible();
    EXPECT_THAT(run.channel.surprises(), IsEmpty());
    EXPECT_TRUE(run.channel.finished()) << run.visible();
}

MailboxSettings quiet(TlsMode tls, Pop3Auth auth = Pop3Auth::automatic) {
    MailboxSettings settings = pop3_settings(tls, auth);
    settings.pipelining = false;
    return settings;
}

// USER and PASS, the latter answered `answer`.
Pop3Run pass_answered(const std::string& answer, WordTrust trust = WordTrust::all) {
    Script script = until_login(TlsMode::implicit, {"USER"});
    add_user_pass(script);
    script.steps.pop_back();
    script.server(Stage::auth, answer + "\n");
    if (answer[0] == '-') script.client(Stage::auth, "QUIT\n");
    return {script, quiet(TlsMode::implicit), {}, {}, Instant::max(), trust};
}

TEST(Pop3LoginEnd, WordsOfALockOrALimitCountWhereNoCodeIsGiven) {
    const struct {
        const char* answer;
        const char* outcome;
        LoginEnd end;
    } cases[] = {
        {"-ERR maildrop already locked", "auth:mailbox_busy", LoginEnd::locked},
        {"-ERR Your mailbox is already locked by another POP3 session", "auth:mailbox_busy",
         LoginEnd::locked},
        {"-ERR Re-Authentication Failure", "auth:mailbox_busy", LoginEnd::locked},
        {"-ERR Login frequency limited", "auth:login_delay", LoginEnd::too_often},
        {"-ERR too many connections from your address", "auth:login_delay", LoginEnd::too_often},
        {"-ERR account locked", "auth:auth_rejected", LoginEnd::refused},
        {"-ERR invalid password", "auth:auth_rejected", LoginEnd::refused},
        // A code decides, whatever the words are.
        {"-ERR [AUTH] mailbox locked", "auth:auth_rejected", LoginEnd::refused},
        {"-ERR [SYS/PERM] mailbox locked", "auth:auth_rejected", LoginEnd::refused},
        {"-ERR [IN-USE] wrong password", "auth:mailbox_busy", LoginEnd::untold},
        {"-ERR [LOGIN-DELAY] wait", "auth:login_delay", LoginEnd::untold},
        {"-ERR [SYS/TEMP] later", "auth:auth_transient", LoginEnd::untold},
        {"+OK in", "done", LoginEnd::worked},
    };
    for (const auto& [answer, outcome, end] : cases) {
        const Pop3Run run = pass_answered(answer);
        expect_played(run, outcome);
        EXPECT_EQ(run.login, end) << answer;
        if (run.failure) {
            EXPECT_THAT(run.failure->what(), HasSubstr(answer));
        }
    }
}

TEST(Pop3LoginEnd, WordsAreNotBelievedForEver) {
    const char* const lock = "-ERR maildrop already locked";
    const char* const proxy = "-ERR Re-Authentication Failure";
    expect_played(pass_answered(lock, WordTrust::none), "auth:auth_rejected");
    expect_played(pass_answered(proxy, WordTrust::none), "auth:auth_rejected");
    expect_played(pass_answered(lock, WordTrust::certain), "auth:mailbox_busy");
    expect_played(pass_answered(proxy, WordTrust::certain), "auth:auth_rejected");
    EXPECT_EQ(pass_answered(lock, WordTrust::none).login, LoginEnd::refused);
}

TEST(Pop3LoginEnd, UserAndPassAreTriedOnceWhereAuthPlainIsRefusedBeforeThePassword) {
    for (const char* refusal : {"-ERR command not supported\n", "-ERR\n", "-ERR [X] no\n"}) {
        Script script = until_login(TlsMode::implicit, {"USER", "SASL PLAIN LOGIN"});
        script.client(Stage::auth, "AUTH PLAIN\n").server(Stage::auth, refusal);
        Script wrong = script;
        add_user_pass(script);
        const Pop3Run run(script, quiet(TlsMode::implicit), {});
        expect_played(run, "done");
        EXPECT_EQ(run.login, LoginEnd::worked);

        add_user_pass(wrong);
        wrong.steps.pop_back();
        wrong.server(Stage::auth, "-ERR no\n").client(Stage::auth, "QUIT\n");
        const Pop3Run refused(wrong, quiet(TlsMode::implicit), {});
        expect_played(refused, "auth:auth_rejected");
        EXPECT_EQ(refused.login, LoginEnd::refused);
    }
}

TEST(Pop3LoginEnd, NothingElseIsTriedAfterACodeOrALockOrWhereItIsNotOfferedOrNotWanted) {
    const auto refused = [](const std::vector<std::string>& offers, const char* refusal,
                            Pop3Auth auth) {
        Script script = until_login(TlsMode::implicit, offers);
        script.client(Stage::auth, "AUTH PLAIN\n")
            .server(Stage::auth, refusal)
            .client(Stage::auth, "QUIT\n");
        Pop3Run run(script, quiet(TlsMode::implicit, auth), {});
        EXPECT_THAT(run.channel.surprises(), IsEmpty()) << refusal;
        EXPECT_TRUE(run.channel.finished());
        EXPECT_FALSE(run.login_at);
        return run.outcome();
    };
    const std::vector<std::string> both{"USER", "SASL PLAIN"};
    constexpr auto kAuto = Pop3Auth::automatic;
    EXPECT_EQ(refused(both, "-ERR [AUTH] no\n", kAuto), "auth:auth_rejected");
    EXPECT_EQ(refused(both, "-ERR [SYS/TEMP] no\n", kAuto), "auth:auth_transient");
    EXPECT_EQ(refused(both, "-ERR maildrop already locked\n", kAuto), "auth:mailbox_busy");
    EXPECT_EQ(refused(both, "-ERR no\n", Pop3Auth::plain), "auth:auth_unsupported");
    EXPECT_EQ(refused({"SASL PLAIN"}, "-ERR no\n", kAuto), "auth:auth_unsupported");
}

TEST(Pop3LoginEnd, NothingElseIsTriedAfterTheResponseWasAnswered) {
    Script script = until_login(TlsMode::implicit, {"USER", "SASL PLAIN"});
    add_sasl_plain(script);
    script.steps.pop_back();
    script.server(Stage::auth, "-ERR no\n").client(Stage::auth, "QUIT\n");
    const Pop3Run run(script, quiet(TlsMode::implicit), {});
    expect_played(run, "auth:auth_rejected");
    EXPECT_EQ(run.login, LoginEnd::refused);
}

TEST(Pop3LoginEnd, ARejectedUserNameIsARefusalToo) {
    for (const char* answer : {"-ERR no such user\n", "-ERR [AUTH] no\n"}) {
        Script script = until_login(TlsMode::implicit, {"USER"});
        script.client(Stage::auth, "USER 847915049@qq.com\n")
            .server(Stage::auth, answer)
            .client(Stage::auth, "QUIT\n");
        const Pop3Run run(script, quiet(TlsMode::implicit), {});
        expect_played(run, "auth:auth_rejected");
        EXPECT_EQ(run.login, LoginEnd::refused);
    }
}

TEST(Pop3LoginEnd, AuthPlainAnsweredWithOkNamesTheWayOut) {
    Script script = until_login(TlsMode::implicit, {"USER", "SASL PLAIN"});
    script.client(Stage::auth, "AUTH PLAIN\n").server(Stage::auth, "+OK\n");
    const Pop3Run run(script, quiet(TlsMode::implicit), {});
    expect_played(run, "auth:protocol_error");
    EXPECT_THAT(run.failure->what(), HasSubstr("`auth: user-pass`"));
}

TEST(Pop3LoginEnd, HangingUpAtThePasswordIsToldAsSuchWithTheLastWords) {
    Script script = until_login(TlsMode::implicit, {"USER"});
    add_user_pass(script);
    script.steps.pop_back();
    // The last octet does not come.
    script.raw(Stage::auth, "-ERR too many conn\n");
    const std::size_t answer = script.steps.size() - 1;
    for (const Fault::What what : {Fault::What::eof, Fault::What::reset, Fault::What::timeout}) {
        const Pop3Run run(script, quiet(TlsMode::implicit), {},
                          {what, answer, script.steps.back().bytes.size() - 1});
        const bool timeout = what == Fault::What::timeout;
        EXPECT_EQ(run.outcome(), timeout ? "auth:timeout" : "auth:eof");
        EXPECT_EQ(run.login, timeout ? LoginEnd::untold : LoginEnd::hung_up);
        ASSERT_TRUE(run.failure);
        EXPECT_THAT(run.failure->what(), HasSubstr("last words: -ERR too many conn"));
        EXPECT_TRUE(run.trace.shows("S -ERR too many conn\n"));
    }
    // Before the password it says nothing of it.
    Script user = until_login(TlsMode::implicit, {"USER"});
    user.client(Stage::auth, "USER 847915049@qq.com\n").server(Stage::auth, "+OK\n");
    const Pop3Run early(user, quiet(TlsMode::implicit), {},
                        {Fault::What::eof, user.steps.size() - 1});
    EXPECT_EQ(early.outcome(), "auth:eof");
    EXPECT_EQ(early.login, LoginEnd::untold);
}

TEST(Pop3LoginEnd, NoPartOfASecretIsToldInLastWords) {
    Script script = until_login(TlsMode::implicit, {"USER"});
    add_user_pass(script);
    script.steps.pop_back();
    const std::string cut(kMailboxPassword.substr(0, 12));
    script.raw(Stage::auth, "-ERR you said " + cut + "\n");
    const Pop3Run run(
        script, quiet(TlsMode::implicit), {},
        {Fault::What::eof, script.steps.size() - 1, script.steps.back().bytes.size() - 1});
    ASSERT_TRUE(run.failure);
    EXPECT_THAT(run.visible(), testing::Not(HasSubstr(cut)));
    EXPECT_THAT(run.failure->what(), HasSubstr("you said"));
}

// A server that has refused already may be gone before the command is written.
TEST(Pop3LoginEnd, ARefusalThatCameBeforeTheWriteFailedIsHeard) {
    Script script = until_login(TlsMode::implicit, {"USER"});
    script.client(Stage::auth, "USER 847915049@qq.com\n")
        .server(Stage::auth, "-ERR Maximum connection limit reached\n");
    const Pop3Run run(script, quiet(TlsMode::implicit), {},
                      {Fault::What::hangup, script.steps.size() - 2});
    EXPECT_EQ(run.outcome(), "auth:login_delay");
}

TEST(Pop3LoginEnd, NothingOfASessionWithoutALoginLeavesIt) {
    // In clear, before STLS, anybody may have said it.
    Script stripped;
    stripped.resolve().connect().server(Stage::greeting, "+OK\n");
    add_capa(stripped, {"USER", "LOGIN-DELAY 3600"});
    stripped.client(Stage::starttls, "QUIT\n");
    const Pop3Run no_tls(stripped, quiet(TlsMode::starttls), {});
    expect_played(no_tls, "starttls:tls_unavailable");
    EXPECT_EQ(no_tls.login_delay, 0s);

    Script refused = until_login(TlsMode::implicit, {"USER", "LOGIN-DELAY 900"});
    add_user_pass(refused);
    refused.steps.pop_back();
    refused.server(Stage::auth, "-ERR [LOGIN-DELAY] no\n").client(Stage::auth, "QUIT\n");
    const Pop3Run no_login(refused, quiet(TlsMode::implicit), {});
    expect_played(no_login, "auth:login_delay");
    EXPECT_EQ(no_login.login_delay, 0s);

    // What was said in clear is forgotten even if the server says nothing later.
    Script forgotten;
    forgotten.resolve().connect().server(Stage::greeting, "+OK\n");
    add_capa(forgotten, {"STLS", "USER", "LOGIN-DELAY 3600"});
    forgotten.client(Stage::starttls, "STLS\n")
        .server(Stage::starttls, "+OK\n")
        .handshake(Stage::starttls);
    add_capa(forgotten, {});
    add_user_pass(forgotten);
    const Pop3Run logged_in(forgotten, quiet(TlsMode::starttls), {});
    expect_played(logged_in, "done");
    EXPECT_EQ(logged_in.login_delay, 0s);
}

TEST(Pop3LoginEnd, AGreetingThatSpeaksOfALimitIsTransient) {
    Script script;
    script.resolve()
        .connect()
        .server(Stage::greeting, "-ERR too many connections from your address\n")
        .client(Stage::greeting, "QUIT\n");
    expect_played(Pop3Run(script, quiet(TlsMode::none), {}), "greeting:rejected_transient");
}

}  // namespace
}  // namespace mailprobed::script
