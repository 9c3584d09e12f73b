// SPDX-License-Identifier: Apache-2.0
// NO STARTTLS (2021): what a server or somebody on the way offers, hides or says before TLS never
// leads to a login in the clear and is forgotten afterwards.
#include "tests/session/pop3_fixture.hpp"
#include "tests/session/smtp_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace mailprobed::script {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr const char* kEhlo = "EHLO [169.254.114.107]\n";

/// Names that look like mechanisms we know, or like none: about what the tool of that paper offers.
constexpr std::string_view kZoo =
    "PLAIN2 PLAIN_OLD PLAIN-MD5 XPLAIN PLAINTEXT PLAI PLAIN/ PLAIN,LOGIN \"PLAIN\" "
    "PLAIN= =PLAIN LOGIN2 LOGIN_OLD LOGIN-OLD XLOGIN LOGINS LOGI LOGIN: LOGIN; "
    "[LOGIN] CRAM-MD5-OLD CRAM_MD5 CRAMMD5 CRAM-MD4 CRAM-SHA1 AUTH=CRAM-MD5 "
    "AUTH=PLAIN AUTH=LOGIN AUTH DIGEST-MD5 SCRAM-MD5 SCRAM-SHA-1 SCRAM-SHA-256 "
    "SCRAM-SHA-1-PLUS SCRAM-SHA-512 NTLM GSSAPI GS2-KRB5 KERBEROS_V4 KERBEROS_V5 "
    "XOAUTH XOAUTH2 OAUTHBEARER OAUTH10A OPENID20 SAML20 ANONYMOUS EXTERNAL SKEY OTP "
    "SECURID SRP NMAS_LOGIN NMAS-SAMBA-AUTH MSN APOP USER PASS 9798-U-RSA-SHA1-ENC "
    "X-EXPS * \x01\x02 \xc3\xa4 -";

std::vector<std::string> zoo() {
    std::vector<std::string> names;
    std::string_view rest = kZoo;
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find(' '), rest.size());
        names.emplace_back(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return names;
}

TEST(HostileOffers, B1_10_OfAZooOfMechanismsNoneIsChosenWithoutTls) {
    std::vector<std::string> lists = zoo();
    ASSERT_GE(lists.size(), 60U);
    lists.emplace_back(kZoo);
    for (const std::string& list : lists) {
        for (const bool draft : {false, true}) {
            Script script =
                until_hello(TlsMode::none, {"SIZE", (draft ? "AUTH=" : "AUTH ") + list});
            script.client(Stage::auth, "QUIT\n");
            const SmtpRun run(script, smtp_settings(TlsMode::none), small_mail());
            EXPECT_EQ(run.outcome(), "auth:auth_unsupported") << list;
            EXPECT_THAT(run.channel.surprises(), IsEmpty()) << list;
        }
        Script script = until_login(TlsMode::none, {"SASL " + list});
        script.client(Stage::auth, "QUIT\n");
        MailboxSettings settings = pop3_settings(TlsMode::none);
        settings.allow_plaintext_auth = false;
        const Pop3Run run(script, settings, {});
        EXPECT_EQ(run.outcome(), "auth:auth_unsupported") << list;
        EXPECT_THAT(run.channel.surprises(), IsEmpty()) << list;
    }
}

// Where plaintext is allowed a similar name is still not the name.
TEST(HostileOffers, B1_10_SimilarNamesAreNotTakenForTheOnesWeKnow) {
    for (const std::string& name : zoo()) {
        SmtpSettings settings = smtp_settings(TlsMode::none);
        settings.allow_plaintext_auth = true;
        Script script = until_hello(TlsMode::none, {"AUTH " + name});
        script.client(Stage::auth, "QUIT\n");
        const SmtpRun run(script, settings, small_mail());
        EXPECT_EQ(run.outcome(), "auth:auth_unsupported") << name;
        EXPECT_THAT(run.channel.surprises(), IsEmpty()) << name;

        Script pop3 = until_login(TlsMode::none, {"SASL " + name});
        pop3.client(Stage::auth, "QUIT\n");
        const Pop3Run pinned(pop3, pop3_settings(TlsMode::none, Pop3Auth::plain), {});
        EXPECT_EQ(pinned.outcome(), "auth:auth_unsupported") << name;
        EXPECT_THAT(pinned.channel.surprises(), IsEmpty()) << name;
    }
}

TEST(HostileOffers, B1_2_SmtpCapabilitiesThatAreHiddenDowngradeNothing) {
    for (const char* ehlo : {"250 hi\n", "250-hi\n250 AUTH PLAIN LOGIN\n", "250 STARTTLS\n",
                             "250-hi STARTTLS\n250 X\n", "250-hi\n250 XSTARTTLS\n",
                             "250-hi\n250 START TLS\n", "250-hi\n250 STARTTLS=YES\n"}) {
        Script script;
        script.resolve().connect().server(Stage::greeting, "220 hi\n");
        script.client(Stage::hello, kEhlo).server(Stage::hello, ehlo);
        script.client(Stage::starttls, "QUIT\n");
        const SmtpRun run(script, smtp_settings(TlsMode::starttls), small_mail());
        EXPECT_EQ(run.outcome(), "starttls:tls_unavailable") << ehlo;
        EXPECT_THAT(run.channel.surprises(), IsEmpty()) << ehlo;
    }
    // EHLO that is not known at all: HELO would end without TLS and login.
    for (const char* refusal : {"500 what\n", "502 no\n", "550 no\n", "454 later\n"}) {
        Script script;
        script.resolve().connect().server(Stage::greeting, "220 hi\n");
        script.client(Stage::hello, kEhlo).server(Stage::hello, refusal);
        script.client(Stage::hello, "QUIT\n");
        const SmtpRun run(script, smtp_settings(TlsMode::starttls), small_mail());
        EXPECT_THAT(run.outcome(), testing::StartsWith("hello:rejected_")) << refusal;
        EXPECT_THAT(run.channel.surprises(), IsEmpty()) << refusal;
    }
}

TEST(HostileOffers, B1_2_Pop3CapabilitiesThatAreHiddenDowngradeNothing) {
    for (const std::vector<std::string>& offers : {std::vector<std::string>{"USER"},
                                                   {"SASL PLAIN LOGIN"},
                                                   {"XSTLS"},
                                                   {"STLS-NOT"},
                                                   {"USER STLS"}}) {
        Script script;
        script.resolve().connect().server(Stage::greeting, "+OK STLS ready\n");
        add_capa(script, offers);
        script.client(Stage::starttls, "QUIT\n");
        const Pop3Run run(script, pop3_settings(TlsMode::starttls), {});
        EXPECT_EQ(run.outcome(), "starttls:tls_unavailable") << offers[0];
        EXPECT_THAT(run.channel.surprises(), IsEmpty()) << offers[0];
    }
}

// A referral would carry the login to a server of the attacker's choice.
TEST(HostileOffers, B1_4_ReferralsToOtherServersAreNotFollowed) {
    Script smtp = until_hello(TlsMode::implicit, {"AUTH PLAIN"});
    smtp.client(Stage::auth, "AUTH PLAIN " + plain_base64() + "\n")
        .server(Stage::auth, "235 [REFERRAL smtp://evil.invalid/] elsewhere\n")
        .client(Stage::envelope, "MAIL FROM:<847915049@qq.com>\n")
        .server(Stage::envelope, "250 ok\n")
        .client(Stage::envelope, "RCPT TO:<847915049@qq.com>\n")
        .server(Stage::envelope, "551 5.1.6 moved; please try <me@evil.invalid>\n")
        .client(Stage::envelope, "QUIT\n");
    const SmtpRun sent(smtp, smtp_settings(TlsMode::implicit), small_mail());
    EXPECT_EQ(sent.outcome(), "envelope:rejected_permanent");
    EXPECT_THAT(sent.channel.surprises(), IsEmpty());

    Script pop3;
    pop3.resolve().connect().handshake(Stage::tls);
    pop3.server(Stage::greeting, "+OK [REFERRAL pop://evil.invalid/] hi\n");
    add_capa(pop3, {"USER"});
    pop3.client(Stage::auth, "USER 847915049@qq.com\n")
        .server(Stage::auth, "-ERR [REFERRAL pop://evil.invalid/] elsewhere\n")
        .client(Stage::auth, "QUIT\n");
    const Pop3Run looked(pop3, pop3_settings(TlsMode::implicit), {});
    EXPECT_EQ(looked.outcome(), "auth:auth_rejected");
    EXPECT_THAT(looked.channel.surprises(), IsEmpty());
}

TEST(HostileOffers, B1_6_WhatPop3SaysBeforeTlsChangesNothingLater) {
    Script script;
    script.resolve().connect().server(Stage::greeting, "+OK ALERT: 5 new messages\n");
    add_capa(script, {"STLS", "SASL PLAIN", "PIPELINING", "TOP", "LOGIN-DELAY 86400", "EXPIRE 0"});
    script.client(Stage::starttls, "STLS\n")
        .server(Stage::starttls, "+OK 17 messages for you\n")
        .handshake(Stage::starttls);
    add_capa(script, {"USER", "TOP"});
    add_user_pass(script);
    add_capa(script, {"USER", "TOP"});
    script.client(Stage::headers, "TOP 1 1\n").server(Stage::headers, "+OK\n\n.\n");
    script.client(Stage::headers, "TOP 2 1\n").server(Stage::headers, "+OK\n\n.\n");
    Seen seen;
    const Pop3Run run(script, pop3_settings(TlsMode::starttls), read_headers(seen, {1, 2}));
    EXPECT_EQ(run.outcome(), "done") << run.visible();
    EXPECT_THAT(run.channel.surprises(), IsEmpty());
    EXPECT_EQ(run.login_delay, Duration::zero());
}

TEST(HostileOffers, B1_7_TextsOfServersAreShownEscapedAndMarkedAsTheirs) {
    const std::string evil = "ALERT \x1b[2J\x07 <script>\xe2\x80\xae go to http://evil.invalid\r";
    Script smtp;
    smtp.resolve().connect().raw(Stage::greeting, "554 " + evil + "\nC AUTH PLAIN\r\n");
    const SmtpRun refused(smtp, smtp_settings(TlsMode::implicit), small_mail());
    Script pop3;
    pop3.resolve().connect().raw(Stage::greeting, "-ERR " + evil + "\n");
    pop3.client(Stage::greeting, "QUIT\n");
    const Pop3Run closed(pop3, pop3_settings(TlsMode::none), {});
    EXPECT_EQ(closed.outcome(), "greeting:rejected_permanent");
    for (const std::string& visible : {refused.visible(), closed.visible()}) {
        for (const char c : visible)
            EXPECT_TRUE(c == '\n' || (c >= ' ' && c != '\x7f'));
        EXPECT_THAT(visible, Not(HasSubstr("\xe2\x80\xae")));
    }
    EXPECT_THAT(closed.trace.transcript(), HasSubstr("S -ERR ALERT \\x1b[2J\\x07"));
    EXPECT_THAT(refused.trace.transcript(), Not(HasSubstr("\nC ")));
}

// B1.8, B1.5: whatever stands behind the reply, in however many reads it comes.
TEST(HostileOffers, B1_5_AnInjectionIsSeenHoweverTheReadsAreCut) {
    for (const std::size_t chunk : {1000U, 9U, 7U}) {
        Script script;
        script.resolve().connect().server(Stage::greeting, "220 hi\n");
        script.client(Stage::hello, kEhlo).server(Stage::hello, "250-hi\n250 STARTTLS\n");
        script.client(Stage::starttls, "STARTTLS\n")
            .server(Stage::starttls, "220 go\n235 you are in\n");
        // "220 go\r\n" has eight octets: with reads of seven the second brings injected ones along.
        script.dripping(chunk);
        const SmtpRun run(script, smtp_settings(TlsMode::starttls), small_mail());
        EXPECT_EQ(run.outcome(), "starttls:tls_injection") << chunk;
        EXPECT_THAT(run.channel.written(), Not(HasSubstr("AUTH")));
    }
}

}  // namespace
}  // namespace mailprobed::script
