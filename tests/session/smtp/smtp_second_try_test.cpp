// SPDX-License-Identifier: Apache-2.0
// What is tried once more in the same session, and what is not: a mechanism, DSN parameters, the
// name in EHLO.
#include "tests/session/smtp_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mailprobed::script {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

void expect_played(const SmtpRun& run, const std::string& outcome) {
    EXPECT_EQ(run.outcome(), outcome) << run.visible();
    EXPECT_THAT(run.channel.surprises(), IsEmpty());
    EXPECT_TRUE(run.channel.finished()) << run.visible();
}

constexpr std::string_view kUserBase64 = "ODQ3OTE1MDQ5QHFxLmNvbQ==\n";
constexpr std::string_view kPasswordBase64 = "czNjciZ0IHBhc3MvVzByZCs=\n";

// Until AUTH PLAIN with the password was answered `reply`.
Script plain_answered(const std::string& reply) {
    Script script = until_hello(TlsMode::implicit, {"AUTH LOGIN PLAIN"});
    script.client(Stage::auth, "AUTH PLAIN " + plain_base64() + "\n")
        .server(Stage::auth, reply + "\n");
    return script;
}

TEST(SmtpSecondTry, LoginIsTriedOnceWhereTheServerRefusesAuthPlainAsSuch) {
    for (const char* reply :
         {"504 5.7.4 Unrecognized authentication type", "502 Invalid input from 127.0.0.1",
          "500 what", "501 5.5.4 arguments"}) {
        Script works = plain_answered(reply);
        works.client(Stage::auth, "AUTH LOGIN\n")
            .server(Stage::auth, "334 VXNlcm5hbWU6\n")
            .client(Stage::auth, kUserBase64)
            .server(Stage::auth, "334 UGFzc3dvcmQ6\n")
            .client(Stage::auth, kPasswordBase64)
            .server(Stage::auth, "235 ok\n");
        add_transfer(works, false);
        const SmtpRun run(works, smtp_settings(TlsMode::implicit), small_mail());
        expect_played(run, "accepted");
        EXPECT_EQ(run.listener.login, LoginEnd::worked);

        // The password left with AUTH PLAIN, so the refusal counts whatever it is called.
        Script neither = plain_answered(reply);
        neither.client(Stage::auth, "AUTH LOGIN\n")
            .server(Stage::auth, "504 nor this\n")
            .client(Stage::auth, "QUIT\n");
        const SmtpRun refused(neither, smtp_settings(TlsMode::implicit), small_mail());
        expect_played(refused, "auth:auth_unsupported");
        EXPECT_EQ(refused.listener.login, LoginEnd::refused);
        EXPECT_THAT(refused.failure->what(),
                    AllOf(HasSubstr("504 nor this"), HasSubstr(std::string(reply, 3))));
    }
}

TEST(SmtpSecondTry, NoMechanismFollowsARefusedPasswordOrAServerThatWantsNoLogins) {
    const struct {
        const char* reply;
        const char* outcome;
        LoginEnd end;
    } cases[] = {
        {"535 5.7.8 bad", "auth:auth_rejected", LoginEnd::refused},
        {"504 5.7.8 bad", "auth:auth_rejected", LoginEnd::refused},
        {"534 5.7.9 weak", "auth:auth_rejected", LoginEnd::refused},
        {"550 no", "auth:auth_rejected", LoginEnd::refused},
        {"503 5.5.1 already", "auth:auth_unsupported", LoginEnd::refused},
        {"530 5.7.0 TLS first", "auth:auth_unsupported", LoginEnd::refused},
        {"538 5.7.11 encrypt", "auth:auth_unsupported", LoginEnd::refused},
        {"454 4.7.0 later", "auth:auth_transient", LoginEnd::untold},
        {"432 4.3.2 Concurrent connections limit exceeded.", "auth:auth_transient",
         LoginEnd::untold},
    };
    for (const auto& [reply, outcome, end] : cases) {
        Script script = plain_answered(reply);
        script.client(Stage::auth, "QUIT\n");
        const SmtpRun run(script, smtp_settings(TlsMode::implicit), small_mail());
        expect_played(run, outcome);
        EXPECT_EQ(run.listener.login, end) << reply;
    }
}

TEST(SmtpSecondTry, NoMechanismFollowsAnAnswerToASecondStep) {
    SmtpSettings settings = smtp_settings(TlsMode::implicit);
    // So long that the response goes into a line of its own.
    settings.password = Secret(std::string(500, 'p'));
    for (const char* answer : {"504 no\n", "501 no\n", "550 no\n"}) {
        Script script = until_hello(TlsMode::implicit, {"AUTH PLAIN LOGIN"});
        script.client(Stage::auth, "AUTH PLAIN\n").server(Stage::auth, "334 \n");
        const SmtpRun first(script, settings, small_mail());
        const std::string written = first.channel.written();
        const std::string response = written.substr(written.rfind("\r\n", written.size() - 3) + 2);
        script.client(Stage::auth, response.substr(0, response.size() - 2) + "\n")
            .server(Stage::auth, answer)
            .client(Stage::auth, "QUIT\n");
        const SmtpRun run(script, settings, small_mail());
        EXPECT_TRUE(run.failure);
        EXPECT_THAT(run.channel.surprises(), IsEmpty()) << answer;
        EXPECT_TRUE(run.channel.finished()) << answer;
        EXPECT_EQ(run.listener.login, LoginEnd::refused);
    }
}

TEST(SmtpSecondTry, AMechanismRefusedBeforeThePasswordLeftMayBeFollowedByAnother) {
    SmtpSettings settings = smtp_settings(TlsMode::implicit);
    settings.password = Secret(std::string(500, 'p'));
    Script script = until_hello(TlsMode::implicit, {"AUTH PLAIN LOGIN"});
    script.client(Stage::auth, "AUTH PLAIN\n")
        .server(Stage::auth, "550 5.7.1 not this one\n")
        .client(Stage::auth, "AUTH LOGIN\n")
        .server(Stage::auth, "454 4.7.0 not now\n")
        .client(Stage::auth, "QUIT\n");
    const SmtpRun run(script, settings, small_mail());
    expect_played(run, "auth:auth_transient");
    // No password was sent.
    EXPECT_EQ(run.listener.login, LoginEnd::untold);

    Script closed = until_hello(TlsMode::implicit, {"AUTH PLAIN LOGIN"});
    closed.client(Stage::auth, "AUTH PLAIN\n")
        .server(Stage::auth, "530 5.7.0 TLS first\n")
        .client(Stage::auth, "QUIT\n");
    expect_played(SmtpRun(closed, settings, small_mail()), "auth:auth_unsupported");
}

TEST(SmtpSecondTry, HangingUpAtThePasswordIsToldAsSuch) {
    Script script = plain_answered("535 x");
    const std::size_t answer = script.steps.size() - 1;
    const SmtpRun eof(script, smtp_settings(TlsMode::implicit), small_mail(),
                      {Fault::What::eof, answer});
    EXPECT_EQ(eof.outcome(), "auth:eof");
    EXPECT_EQ(eof.listener.login, LoginEnd::hung_up);
    const SmtpRun slow(script, smtp_settings(TlsMode::implicit), small_mail(),
                       {Fault::What::timeout, answer});
    EXPECT_EQ(slow.outcome(), "auth:timeout");
    EXPECT_EQ(slow.listener.login, LoginEnd::untold);
    Script closing = plain_answered("221 2.0.0 bye");
    const SmtpRun closed(closing, smtp_settings(TlsMode::implicit), small_mail());
    EXPECT_EQ(closed.outcome(), "auth:eof");
    EXPECT_EQ(closed.listener.login, LoginEnd::hung_up);
}

Envelope with_id() {
    Envelope envelope = small_mail();
    envelope.id = "mp1tag";
    return envelope;
}

constexpr std::string_view kMailDsn = "MAIL FROM:<847915049@qq.com> RET=HDRS ENVID=mp1tag\n";
constexpr std::string_view kRcptDsn = "RCPT TO:<847915049@qq.com> NOTIFY=FAILURE,DELAY\n";
constexpr std::string_view kMail = "MAIL FROM:<847915049@qq.com>\n";
constexpr std::string_view kRcpt = "RCPT TO:<847915049@qq.com>\n";

void add_data(Script& script) {
    script.client(Stage::data, "DATA\n")
        .server(Stage::data, "354 go\n")
        .client(Stage::accept, kSmallMailLines)
        .server(Stage::accept, "250 Ok\n")
        .client(Stage::quit, "QUIT\n")
        .server(Stage::quit, "221 Bye\n");
}

const char* const kParameterRefusals[] = {
    "501 Parameter RET is not recognised",
    "555 5.5.4 MAIL FROM/RCPT TO parameters not recognized or not implemented",
    "455 4.5.4 cannot do that",
    "504 5.5.4 no",
    "500 5.5.2 syntax",
    "550 unknown option NOTIFY",
    "554 5.7.1 DSN is not for you",
};

TEST(SmtpSecondTry, DsnParametersThatAreRefusedAreLeftOutOnceAndThatIsSaid) {
    const SmtpSettings settings = smtp_settings(TlsMode::none, SmtpAuth::none);
    for (const std::string refusal : kParameterRefusals) {
        Script mail = until_hello(TlsMode::none, {"DSN"});
        mail.client(Stage::envelope, kMailDsn)
            .server(Stage::envelope, refusal + "\n")
            .client(Stage::envelope, kMail)
            .server(Stage::envelope, "250 Ok\n")
            .client(Stage::envelope, kRcpt)
            .server(Stage::envelope, "250 Ok\n");
        add_data(mail);
        const SmtpRun run(mail, settings, with_id());
        expect_played(run, "accepted");
        EXPECT_THAT(run.listener.accepted_reply,
                    AllOf(HasSubstr("250 Ok; "), HasSubstr("DSN"), HasSubstr(refusal)));

        Script rcpt = until_hello(TlsMode::none, {"DSN"});
        rcpt.client(Stage::envelope, kMailDsn)
            .server(Stage::envelope, "250 Ok\n")
            .client(Stage::envelope, kRcptDsn)
            .server(Stage::envelope, refusal + "\n")
            .client(Stage::envelope, kRcpt)
            .server(Stage::envelope, "250 Ok\n");
        add_data(rcpt);
        expect_played(SmtpRun(rcpt, settings, with_id()), "accepted");

        Script again = until_hello(TlsMode::none, {"DSN"});
        again.client(Stage::envelope, kMailDsn)
            .server(Stage::envelope, refusal + "\n")
            .client(Stage::envelope, kMail)
            .server(Stage::envelope, "501 5.1.7 no such sender\n")
            .client(Stage::envelope, "QUIT\n");
        const SmtpRun refused(again, settings, with_id());
        expect_played(refused, "envelope:rejected_permanent");
        EXPECT_THAT(refused.failure->what(),
                    AllOf(HasSubstr("5.1.7 no such sender"), HasSubstr(refusal)));
    }
}

TEST(SmtpSecondTry, DsnParametersRefusedInAGroupAreLeftOutInATransactionOfItsOwn) {
    SmtpSettings settings = smtp_settings(TlsMode::none, SmtpAuth::none);
    settings.pipelining = true;
    for (const std::string refusal : kParameterRefusals) {
        for (const std::string& replies :
             {refusal + "\n503 no\n503 no\n", "250 Ok\n" + refusal + "\n554 no\n"}) {
            Script script = until_hello(TlsMode::none, {"DSN", "PIPELINING"});
            script.client(Stage::envelope, std::string(kMailDsn) + std::string(kRcptDsn) + "DATA\n")
                .server(Stage::envelope, replies)
                .client(Stage::envelope, "RSET\n")
                .server(Stage::envelope, "250 Ok\n")
                .client(Stage::envelope, kMail)
                .server(Stage::envelope, "250 Ok\n")
                .client(Stage::envelope, kRcpt)
                .server(Stage::envelope, "250 Ok\n");
            add_data(script);
            const SmtpRun run(script, settings, with_id());
            expect_played(run, "accepted");
            EXPECT_THAT(run.listener.accepted_reply, HasSubstr("DSN"));
        }
    }
}

TEST(SmtpSecondTry, ARefusalThatIsNotForTheParametersIsFinal) {
    const SmtpSettings settings = smtp_settings(TlsMode::none, SmtpAuth::none);
    for (const std::string refusal :
         {"550 5.1.1 no such user", "451 4.7.1 greylisted", "552 5.2.2 full", "554 retry never",
          "504 5.5.2 <[127.0.0.1]>: Helo command rejected: need fully-qualified hostname"}) {
        Script script = until_hello(TlsMode::none, {"DSN"});
        script.client(Stage::envelope, kMailDsn)
            .server(Stage::envelope, "250 Ok\n")
            .client(Stage::envelope, kRcptDsn)
            .server(Stage::envelope, refusal + "\n")
            .client(Stage::envelope, "QUIT\n");
        const SmtpRun run(script, settings, with_id());
        EXPECT_TRUE(run.failure);
        EXPECT_THAT(run.channel.surprises(), IsEmpty()) << refusal;
        EXPECT_TRUE(run.channel.finished()) << refusal;
        const bool names = refusal.find("Helo") != std::string::npos;
        EXPECT_THAT(run.failure->what(), names
                                             ? testing::Matcher<const char*>(HasSubstr("ehlo_name"))
                                             : Not(HasSubstr("ehlo_name")));
    }
}

// Up to the answer to EHLO, which is `reply`.
Script greeted(const std::string& reply) {
    Script script;
    script.resolve()
        .connect()
        .server(Stage::greeting, "220 hi\n")
        .client(Stage::hello, "EHLO [169.254.114.107]\n")
        .server(Stage::hello, reply + "\n");
    return script;
}

TEST(SmtpSecondTry, AnAddressThatIsRefusedInEhloGivesWayToTheHostsNameOnce) {
    SmtpSettings settings = smtp_settings(TlsMode::none);
    settings.allow_plaintext_auth = true;
    for (const char* reply :
         {"501 5.5.4 Invalid Address", "550 Access denied - Invalid HELO name", "504 5.5.2 fqdn"}) {
        Script script = greeted(reply);
        script.host_name = "probe.example.org";
        script.client(Stage::hello, "EHLO probe.example.org\n")
            .server(Stage::hello, ehlo_reply({"AUTH PLAIN"}))
            .client(Stage::auth, "AUTH PLAIN " + plain_base64() + "\n")
            .server(Stage::auth, "235 ok\n");
        add_transfer(script, false);
        const SmtpRun run(script, settings, small_mail());
        expect_played(run, "accepted");
        EXPECT_THAT(run.listener.accepted_reply, HasSubstr(reply));

        Script twice = greeted(reply);
        twice.host_name = "probe.example.org";
        twice.client(Stage::hello, "EHLO probe.example.org\n")
            .server(Stage::hello, "501 nor this\n")
            .client(Stage::hello, "QUIT\n");
        const SmtpRun refused(twice, settings, small_mail());
        expect_played(refused, "hello:rejected_permanent");
        EXPECT_THAT(refused.failure->what(), HasSubstr("`ehlo_name`"));
    }
}

TEST(SmtpSecondTry, WithoutANameTheKeyForItIsNamed) {
    SmtpSettings settings = smtp_settings(TlsMode::none);
    settings.allow_plaintext_auth = true;
    Script script = greeted("501 5.5.4 Invalid Address");
    script.client(Stage::hello, "QUIT\n");
    const SmtpRun run(script, settings, small_mail());
    expect_played(run, "hello:rejected_permanent");
    EXPECT_THAT(run.failure->what(), HasSubstr("`ehlo_name`"));

    // A name that was configured is not replaced behind the operator's back.
    settings.ehlo_name = "mx.example.org";
    Script named;
    named.host_name = "probe.example.org";
    named.resolve()
        .connect()
        .server(Stage::greeting, "220 hi\n")
        .client(Stage::hello, "EHLO mx.example.org\n")
        .server(Stage::hello, "501 who\n")
        .client(Stage::hello, "QUIT\n");
    expect_played(SmtpRun(named, settings, small_mail()), "hello:rejected_permanent");
}

}  // namespace
}  // namespace mailprobed::script
