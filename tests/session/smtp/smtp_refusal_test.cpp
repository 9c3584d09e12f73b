// SPDX-License-Identifier: Apache-2.0
// What replies mean at each stage: refusals, 421, odd codes, and how the session ends after them.
#include "tests/session/smtp_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace mailprobed::script {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

Script whole_script(TlsMode tls) {
    Script script = until_hello(tls, {"AUTH PLAIN", "SIZE"});
    script.client(Stage::auth, "AUTH PLAIN " + plain_base64() + "\n")
        .server(Stage::auth, "235 ok\n");
    add_transfer(script);
    return script;
}

// whole_script() whose step `i` says `reply` instead; then QUIT is expected if `quits`.
Script cut(Script script, std::size_t i, std::string_view reply, bool quits) {
    const Stage stage = script.steps[i].stage;
    script.steps.resize(i);
    script.server(stage, reply);
    if (quits) script.client(stage, "QUIT\n");
    return script;
}

// Replaces the reply of each stage in turn and collects what comes of it.
std::map<std::string, std::string> outcomes(std::string_view reply, bool quits) {
    std::map<std::string, std::string> result;
    for (const TlsMode tls : {TlsMode::implicit, TlsMode::starttls}) {
        const Script script = whole_script(tls);
        for (std::size_t i = 0; i < script.steps.size(); ++i) {
            if (script.steps[i].kind != Kind::server) continue;
            const Stage stage = script.steps[i].stage;
            const bool last = stage == Stage::quit;
            const SmtpRun run(cut(script, i, reply, quits && !last), smtp_settings(tls),
                              small_mail());
            EXPECT_THAT(run.channel.surprises(), IsEmpty()) << to_string(stage);
            EXPECT_TRUE(run.channel.finished()) << to_string(stage);
            EXPECT_FALSE(run.failure && may_have_been_taken(run.failure->pair()));
            const std::string outcome =
                run.failure ? std::string(to_string(run.failure->cause())) : "accepted";
            if (run.failure) {
                EXPECT_EQ(run.failure->stage(), stage);
            }
            const auto [at, fresh] = result.emplace(to_string(stage), outcome);
            EXPECT_EQ(at->second, outcome) << to_string(stage);
        }
    }
    return result;
}

TEST(SmtpRefusal, A1_05_421AnywhereIsTransientAndNothingFollowsIt) {
    EXPECT_EQ(outcomes("421 4.3.2 closing\n", false),
              (std::map<std::string, std::string>{{"greeting", "rejected_transient"},
                                                  {"hello", "rejected_transient"},
                                                  {"starttls", "tls_unavailable"},
                                                  {"auth", "auth_transient"},
                                                  {"envelope", "rejected_transient"},
                                                  {"data", "rejected_transient"},
                                                  {"accept", "rejected_transient"},
                                                  {"quit", "accepted"}}));
}

TEST(SmtpRefusal, FourHundredsAreTransientAndQuitIsSent) {
    EXPECT_EQ(outcomes("459-later\n459 please\n", true),
              (std::map<std::string, std::string>{{"greeting", "rejected_transient"},
                                                  {"hello", "rejected_transient"},
                                                  {"starttls", "tls_unavailable"},
                                                  {"auth", "auth_transient"},
                                                  {"envelope", "rejected_transient"},
                                                  {"data", "rejected_transient"},
                                                  {"accept", "rejected_transient"},
                                                  {"quit", "accepted"}}));
}

TEST(SmtpRefusal, FiveHundredsArePermanentAndQuitIsSent) {
    EXPECT_EQ(outcomes("554 5.7.1 never\n", true),
              (std::map<std::string, std::string>{{"greeting", "rejected_permanent"},
                                                  {"hello", "rejected_permanent"},
                                                  {"starttls", "tls_unavailable"},
                                                  {"auth", "auth_rejected"},
                                                  {"envelope", "rejected_permanent"},
                                                  {"data", "rejected_permanent"},
                                                  {"accept", "rejected_permanent"},
                                                  {"quit", "accepted"}}));
}

// A server that says 2yz to DATA cannot be followed any further.
TEST(SmtpRefusal, SuccessInsteadOf354IsARefusal) {
    Script script = until_hello(TlsMode::none, {});
    add_transfer(script, false);
    script = cut(script, script.steps.size() - 5, "250 Ok\n", true);
    const SmtpRun run(script, smtp_settings(TlsMode::none, SmtpAuth::none), small_mail());
    EXPECT_EQ(run.outcome(), "data:rejected_permanent");
    EXPECT_FALSE(run.listener.handed_at);
    EXPECT_THAT(run.channel.surprises(), IsEmpty());
}

TEST(SmtpRefusal, ARefusedRecipientIsToldAsSuchWithItsEnhancedCode) {
    Script script = until_hello(TlsMode::none, {});
    script.client(Stage::envelope, "MAIL FROM:<847915049@qq.com>\n")
        .server(Stage::envelope, "250 Ok\n")
        .client(Stage::envelope, "RCPT TO:<847915049@qq.com>\n")
        .server(Stage::envelope, "550-5.1.1 no such\n550 5.1.1 user\n")
        .client(Stage::envelope, "QUIT\n");
    const SmtpRun run(script, smtp_settings(TlsMode::none, SmtpAuth::none), small_mail());
    EXPECT_EQ(run.outcome(), "envelope:rejected_permanent");
    ASSERT_TRUE(run.failure);
    EXPECT_STREQ(run.failure->what(), "recipient refused: 550 5.1.1 no such 5.1.1 user");
    EXPECT_TRUE(run.channel.finished());
}

TEST(SmtpRefusal, A1_17_530AtMailSaysThatTlsOrALoginIsWanted) {
    Script script = until_hello(TlsMode::none, {});
    script.client(Stage::envelope, "MAIL FROM:<847915049@qq.com>\n")
        .server(Stage::envelope, "530 Must issue a STARTTLS command first.\n")
        .client(Stage::envelope, "QUIT\n");
    const SmtpRun run(script, smtp_settings(TlsMode::none, SmtpAuth::none), small_mail());
    EXPECT_EQ(run.outcome(), "envelope:rejected_permanent");
    ASSERT_TRUE(run.failure);
    EXPECT_THAT(run.failure->what(), HasSubstr("wants TLS or a login"));
}

TEST(SmtpRefusal, A1_08_EhloRefusedIsFinalWhereLoginOrTlsIsNeeded) {
    for (const TlsMode tls : {TlsMode::implicit, TlsMode::starttls}) {
        Script script;
        script.resolve().connect();
        if (tls == TlsMode::implicit) script.handshake(Stage::tls);
        script.server(Stage::greeting, "220 hi\n")
            .client(Stage::hello, "EHLO [169.254.114.107]\n")
            .server(Stage::hello, "500 what\n")
            .client(Stage::hello, "QUIT\n");
        SmtpSettings settings = smtp_settings(tls);
        if (tls == TlsMode::starttls) settings.auth = SmtpAuth::none;
        const SmtpRun run(script, settings, small_mail());
        EXPECT_EQ(run.outcome(), "hello:rejected_permanent");
        EXPECT_THAT(run.channel.surprises(), IsEmpty());
    }
}

TEST(SmtpRefusal, A1_23_MailAboveTheSizeLimitIsNotEvenOffered) {
    Script script = until_hello(TlsMode::none, {"SIZE 87"});
    script.client(Stage::envelope, "QUIT\n");
    const SmtpRun run(script, smtp_settings(TlsMode::none, SmtpAuth::none), small_mail());
    EXPECT_EQ(run.outcome(), "envelope:rejected_permanent");
    ASSERT_TRUE(run.failure);
    EXPECT_THAT(run.failure->what(), HasSubstr("88 octets, the server takes 87"));

    Script enough = until_hello(TlsMode::none, {"SIZE 88"});
    add_transfer(enough);
    EXPECT_EQ(SmtpRun(enough, smtp_settings(TlsMode::none, SmtpAuth::none), small_mail()).outcome(),
              "accepted");
}

// A1.01, A1.04: codes decide, whatever stands around them.
TEST(SmtpRefusal, OddButLegalRepliesAreUnderstood) {
    Script script;
    script.resolve()
        .connect()
        .raw(Stage::greeting, "220\n")
        .client(Stage::hello, "EHLO [169.254.114.107]\n")
        .raw(Stage::hello, "250-x\n250\n")
        .client(Stage::envelope, "MAIL FROM:<847915049@qq.com>\n")
        .raw(Stage::envelope, "250\r\n")
        .client(Stage::envelope, "RCPT TO:<847915049@qq.com>\n")
        .raw(Stage::envelope, "250-mixed\r\n252 codes\r\n")
        .client(Stage::data, "DATA\n")
        .raw(Stage::data, "399 go\r\n")
        .client(Stage::accept, kSmallMailLines)
        .raw(Stage::accept, "299-\xb0\xa1\r\n299 \x1b[2Jdone\r\n")
        .client(Stage::quit, "QUIT\n")
        .raw(Stage::quit, "221-a\r\n221 b\r\n");
    const SmtpRun run(script, smtp_settings(TlsMode::none, SmtpAuth::none), small_mail());
    EXPECT_EQ(run.outcome(), "accepted");
    EXPECT_EQ(run.listener.accepted_reply, "299 \\xb0\\xa1 \\x1b[2Jdone");
    EXPECT_TRUE(run.trace.shows("N the reply's lines differ"));
}

// 221 says that the connection ends, not that anything was done; behind the dot it leaves open who
// has the mail.
TEST(SmtpRefusal, Code221OutsideQuitIsNoSuccess) {
    const std::map<Stage, std::string> expected{{Stage::greeting, "greeting:eof"},
                                                {Stage::hello, "hello:eof"},
                                                {Stage::starttls, "starttls:tls_unavailable"},
                                                {Stage::auth, "auth:eof"},
                                                {Stage::envelope, "envelope:eof"},
                                                {Stage::data, "data:eof"},
                                                {Stage::accept, "accept:eof"},
                                                {Stage::quit, "accepted"}};
    for (const TlsMode tls : {TlsMode::implicit, TlsMode::starttls}) {
        const Script script = whole_script(tls);
        for (std::size_t i = 0; i < script.steps.size(); ++i) {
            if (script.steps[i].kind != Kind::server) continue;
            const Stage stage = script.steps[i].stage;
            const SmtpRun run(cut(script, i, "221-2.0.0 so\n221 long\n", stage == Stage::starttls),
                              smtp_settings(tls), small_mail());
            EXPECT_EQ(run.outcome(), expected.at(stage)) << to_string(stage);
            EXPECT_THAT(run.channel.surprises(), IsEmpty()) << to_string(stage);
            EXPECT_EQ(run.failure && may_have_been_taken(run.failure->pair()),
                      stage == Stage::accept);
            EXPECT_EQ(run.listener.accepted_at.has_value(), stage == Stage::quit);
        }
    }
    Script helo;
    helo.resolve()
        .connect()
        .server(Stage::greeting, "220 hi\n")
        .client(Stage::hello, "EHLO [169.254.114.107]\n")
        .server(Stage::hello, "500 what\n")
        .client(Stage::hello, "HELO [169.254.114.107]\n")
        .server(Stage::hello, "221 bye\n");
    const SmtpRun run(helo, smtp_settings(TlsMode::none, SmtpAuth::none), small_mail());
    EXPECT_EQ(run.outcome(), "hello:eof");
}

TEST(SmtpRefusal, WordsBeforeAnEndWithoutALineEndAreToldAndDecideNothing) {
    const Script script = whole_script(TlsMode::implicit);
    for (std::size_t i = 0; i < script.steps.size(); ++i) {
        const Stage stage = script.steps[i].stage;
        if (script.steps[i].kind != Kind::server || stage == Stage::quit) continue;
        for (const char* words : {"250 Ok", "554 5.7.1 you are listed", "221 bye"}) {
            Script cut_short = script;
            cut_short.steps.resize(i);
            // The last octet does not come.
            cut_short.raw(stage, "250-first\r\n" + std::string(words) + "\n");
            const SmtpRun run(cut_short, smtp_settings(TlsMode::implicit), small_mail(),
                              {Fault::What::eof, i, cut_short.steps[i].bytes.size() - 1});
            ASSERT_TRUE(run.failure);
            EXPECT_EQ(run.failure->stage(), stage);
            EXPECT_EQ(run.failure->cause(), Cause::eof);
            EXPECT_THAT(run.failure->what(), HasSubstr("last words: first " + std::string(words)));
            EXPECT_TRUE(run.trace.shows("S " + std::string(words) + "\n"));
            EXPECT_EQ(may_have_been_taken(run.failure->pair()), stage == Stage::accept);
        }
    }
}

// A write that fails does not hide why the server hung up.
TEST(SmtpRefusal, LastWordsBeforeAHangUpAreHeard) {
    const struct {
        const char* words;
        const char* outcome;
        bool unconfirmed;
    } cases[] = {
        {"421 4.4.2 timeout\n", "accept:rejected_transient", false},
        {"552 5.3.4 too big\n", "accept:rejected_permanent", false},
        // Cannot be the answer to a dot that was never written.
        {"250 Ok\n", "accept:reset", true},
    };
    for (const auto& [words, outcome, unconfirmed] : cases) {
        Script script = until_hello(TlsMode::none, {});
        add_transfer(script, false);
        script.steps.resize(script.steps.size() - 3);
        script.server(Stage::accept, words);
        const Fault fault{Fault::What::hangup, script.steps.size() - 2};
        const SmtpRun run(script, smtp_settings(TlsMode::none, SmtpAuth::none), small_mail(),
                          fault);
        EXPECT_EQ(run.outcome(), outcome);
        ASSERT_TRUE(run.failure);
        EXPECT_EQ(may_have_been_taken(run.failure->pair()), unconfirmed);
        EXPECT_TRUE(run.listener.handed_at);
        EXPECT_THAT(run.channel.surprises(), IsEmpty());
    }
}

TEST(SmtpRefusal, WordsThatNobodyAskedForEndTheSessionBeforeTheyAreTakenForAReply) {
    const struct {
        Stage spoken_in;
        const char* words;
        const char* outcome;
    } cases[] = {
        {Stage::greeting, "220 hi\n250 extra\n", "hello:protocol_error"},
        {Stage::greeting, "220 hi\n421 bye\n", "hello:rejected_transient"},
        {Stage::hello, "250 hi\n250 extra\n", "envelope:protocol_error"},
        // Else the second reply would pass for the answer to the dot.
        {Stage::data, "354 go\n250 Ok: queued as 1\n", "data:rejected_permanent"},
        {Stage::data, "354 go\n421 bye\n", "data:rejected_transient"},
    };
    for (const auto& [spoken_in, words, outcome] : cases) {
        Script script = until_hello(TlsMode::none, {});
        add_transfer(script, false);
        for (std::size_t i = 0; i < script.steps.size(); ++i) {
            if (script.steps[i].kind == Kind::server && script.steps[i].stage == spoken_in) {
                script = cut(script, i, words, false);
                break;
            }
        }
        const SmtpRun run(script, smtp_settings(TlsMode::none, SmtpAuth::none), small_mail());
        EXPECT_EQ(run.outcome(), outcome) << run.visible();
        EXPECT_FALSE(run.listener.handed_at);
        EXPECT_THAT(run.channel.surprises(), IsEmpty());
    }
}

// A1.30: and the trouble is in the trace.
TEST(SmtpRefusal, TroubleInQuitIsOnlyTraced) {
    Script script = until_hello(TlsMode::none, {});
    add_transfer(script, false);
    script.steps.pop_back();
    script.server(Stage::quit, "500 what\n");
    const SmtpRun run(script, smtp_settings(TlsMode::none, SmtpAuth::none), small_mail());
    EXPECT_EQ(run.outcome(), "accepted");
    EXPECT_EQ(run.trace.stages.back(), "quit:rejected_permanent");
    EXPECT_TRUE(run.trace.shows("N QUIT refused: 500 what"));
}

}  // namespace
}  // namespace mailprobed::script
