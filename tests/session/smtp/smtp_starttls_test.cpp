// SPDX-License-Identifier: Apache-2.0
// STARTTLS: nothing is believed before it, nothing is sent without it (NO STARTTLS, 2021).
#include "tests/session/smtp_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mailprobed::script {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr const char* kEhlo = "EHLO [169.254.114.107]\n";

Script until_ehlo(const char* ehlo) {
    Script script;
    script.resolve()
        .connect()
        .server(Stage::greeting, "220 hi\n")
        .client(Stage::hello, kEhlo)
        .server(Stage::hello, ehlo);
    return script;
}

void expect_no_credential(const SmtpRun& run) {
    EXPECT_THAT(run.channel.surprises(), IsEmpty());
    EXPECT_THAT(run.channel.written(), Not(HasSubstr("AUTH")));
    EXPECT_THAT(run.channel.written(), Not(HasSubstr("MAIL")));
}

TEST(SmtpStartTls, B1_1_NotOfferedRefusedOrOddlyAnsweredEndsWithoutLogin) {
    // Offered mechanisms before TLS must tempt nobody, whatever they are called (B1.10).
    const std::string zoo =
        "250-hi\n250-AUTH PLAIN LOGIN CRAM-MD5 PLAIN2 LOGIN_OLD AUTH=CRAM-MD5 XOAUTH2 NTLM\n"
        "250-AUTH=PLAIN\n";
    Script absent = until_ehlo((zoo + "250 STARTTLSX\n").c_str());
    absent.client(Stage::starttls, "QUIT\n");
    const SmtpRun missing(absent, smtp_settings(TlsMode::starttls), small_mail());
    EXPECT_EQ(missing.outcome(), "starttls:tls_unavailable");
    expect_no_credential(missing);

    for (const char* answer : {"502 no\n", "454 4.7.0 later\n", "354 go\n", "250 ok\n", "299 ok\n",
                               "334 \n", "535 5.7.8 x\n"}) {
        Script script = until_ehlo((zoo + "250 STARTTLS\n").c_str());
        script.client(Stage::starttls, "STARTTLS\n")
            .server(Stage::starttls, answer)
            .client(Stage::starttls, "QUIT\n");
        const SmtpRun run(script, smtp_settings(TlsMode::starttls), small_mail());
        EXPECT_EQ(run.outcome(), "starttls:tls_unavailable") << answer;
        expect_no_credential(run);
    }
}

TEST(SmtpStartTls, B1_5_OctetsBehindTheReplyAreAnInjection) {
    for (const char* injected :
         {"220 go\n250 injected\n", "220 go\n250", "220 go\n\n", "220-go\n220 go\n235 in\n"}) {
        Script script = until_ehlo("250-hi\n250 STARTTLS\n");
        script.client(Stage::starttls, "STARTTLS\n").server(Stage::starttls, injected);
        const SmtpRun run(script, smtp_settings(TlsMode::starttls), small_mail());
        EXPECT_EQ(run.outcome(), "starttls:tls_injection") << injected;
        EXPECT_TRUE(run.channel.finished());
        EXPECT_TRUE(run.channel.closed());
        expect_no_credential(run);
    }
}

TEST(SmtpStartTls, OctetsBeforeTheCommandAreAnInjectionToo) {
    Script script = until_ehlo("250-hi\n250 STARTTLS\n220 go ahead\n");
    const SmtpRun run(script, smtp_settings(TlsMode::starttls), small_mail());
    EXPECT_EQ(run.outcome(), "starttls:tls_injection");
    expect_no_credential(run);
}

// What the socket holds is the channel's to see; it must come out as the same cause.
TEST(SmtpStartTls, AnInjectionSeenByTheChannelKeepsItsCause) {
    Script script = until_ehlo("250-hi\n250 STARTTLS\n");
    script.client(Stage::starttls, "STARTTLS\n")
        .server(Stage::starttls, "220 go\n")
        .handshake(Stage::starttls);
    const Fault fault{Fault::What::error, script.steps.size() - 1, 0, Cause::tls_injection};
    const SmtpRun run(script, smtp_settings(TlsMode::starttls), small_mail(), fault);
    EXPECT_EQ(run.outcome(), "starttls:tls_injection");
}

TEST(SmtpStartTls, A1_10_EverythingLearntBeforeTlsIsForgotten) {
    // Before TLS: PIPELINING, SIZE and PLAIN; after it: nothing but LOGIN.
    Script script = until_ehlo("250-hi\n250-PIPELINING\n250-SIZE\n250-AUTH PLAIN\n250 STARTTLS\n");
    script.client(Stage::starttls, "STARTTLS\n")
        .server(Stage::starttls, "220 go\n")
        .handshake(Stage::starttls)
        .client(Stage::hello, kEhlo)
        .server(Stage::hello, "250-hi\n250 AUTH LOGIN\n")
        .client(Stage::auth, "AUTH LOGIN\n")
        .server(Stage::auth, "334 \n")
        .client(Stage::auth, "ODQ3OTE1MDQ5QHFxLmNvbQ==\n")
        .server(Stage::auth, "334 \n")
        .client(Stage::auth, "czNjciZ0IHBhc3MvVzByZCs=\n")
        .server(Stage::auth, "235 \n");
    add_transfer(script, false);
    SmtpSettings settings = smtp_settings(TlsMode::starttls);
    settings.pipelining = true;
    const SmtpRun run(script, settings, small_mail());
    EXPECT_EQ(run.outcome(), "accepted") << run.visible();
    EXPECT_EQ(run.trace.facts, (std::vector<std::string>{"v4", "TLSv1.3"}));
}

TEST(SmtpStartTls, LoginOfferedOnlyBeforeTlsIsNotUsed) {
    Script script = until_ehlo("250-hi\n250-AUTH PLAIN\n250 STARTTLS\n");
    script.client(Stage::starttls, "STARTTLS\n")
        .server(Stage::starttls, "220 go\n")
        .handshake(Stage::starttls)
        .client(Stage::hello, kEhlo)
        .server(Stage::hello, "250 hi\n")
        .client(Stage::auth, "QUIT\n");
    const SmtpRun run(script, smtp_settings(TlsMode::starttls), small_mail());
    EXPECT_EQ(run.outcome(), "auth:auth_unsupported");
    expect_no_credential(run);
}

}  // namespace
}  // namespace mailprobed::script
