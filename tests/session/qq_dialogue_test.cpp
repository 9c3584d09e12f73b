// SPDX-License-Identifier: Apache-2.0
// The session that the project began with, word for word, and the quirks of the servers in it.
#include "tests/session/smtp_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mailprobed::script {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> qq_offers() {
    return {"PIPELINING", "SIZE 52428800", "AUTH LOGIN PLAIN",
            "AUTH=LOGIN", "MAILCOMPRESS",  "8BITMIME"};
}

TEST(QqDialogue, SubmissionGoesWordForWord) {
    ASSERT_EQ(small_mail().message.size(), 88U);
    Script script = until_hello(TlsMode::implicit, qq_offers());
    script.client(Stage::auth, "AUTH PLAIN " + plain_base64() + "\n")
        .server(Stage::auth, "235 Authentication successful\n");
    add_transfer(script);
    const SmtpRun run(script, smtp_settings(TlsMode::implicit), small_mail());
    EXPECT_EQ(run.outcome(), "accepted");
    EXPECT_TRUE(run.channel.finished());
    EXPECT_EQ(run.listener.accepted_reply, "250 Ok: queued as ");
    EXPECT_THAT(
        run.trace.lines,
        ElementsAre("S 220 smtp.qq.com Esmtp QQ Mail Server", "C EHLO [169.254.114.107]",
                    "S 250-smtp.qq.com", "S 250-PIPELINING", "S 250-SIZE 52428800",
                    "S 250-AUTH LOGIN PLAIN", "S 250-AUTH=LOGIN", "S 250-MAILCOMPRESS",
                    "S 250 8BITMIME", "C AUTH PLAIN <secret>", "S 235 Authentication successful",
                    "C MAIL FROM:<847915049@qq.com> SIZE=88", "S 250 Ok",
                    "C RCPT TO:<847915049@qq.com>", "S 250 Ok", "C DATA",
                    "S 354 End data with <CR><LF>.<CR><LF>", "C From: 847915049@qq.com",
                    "C To: 847915049@qq.com", "C Subject: test msg", "C ", "C line1", "C line2",
                    "C line3", "C .", "S 250 Ok: queued as ", "C QUIT", "S 221 Bye"));
}

TEST(QqDialogue, MomentsAreTakenRightBeforeConnectAndRightBeforeTheMailIsWritten) {
    Script script = until_hello(TlsMode::implicit, qq_offers());
    script.client(Stage::auth, "AUTH PLAIN " + plain_base64() + "\n")
        .server(Stage::auth, "235 Authentication successful\n");
    add_transfer(script);
    const SmtpRun run(script, smtp_settings(TlsMode::implicit), small_mail());
    // Each step takes a millisecond: one before the connect, 14 before the mail, 16 before its
    // answer is there.
    const auto at = [](int steps) {
        return ScriptedChannel::kStart + std::chrono::milliseconds{steps};
    };
    EXPECT_EQ(run.listener.connecting_at, at(1));
    EXPECT_EQ(run.listener.handed_at, at(14));
    EXPECT_EQ(run.listener.accepted_at, at(16));
    EXPECT_THAT(run.listener.written_before_handed, testing::EndsWith("DATA\r\n"));
}

// The words of the dialogue for the mailbox; what stands before the mail's own header included.
constexpr std::string_view kReceived =
    "Date: Mon, 22 Apr 2013 16:22:01 +0800\n"
    "X-QQ-mid: esmtp26t1366618921t425t12695\n"
    "Received: from [169.254.114.107] (unknown [120.210.224.173])\n"
    "        by esmtp4.qq.com (ESMTP) with SMTP id 0\n"
    "        for <847915049@qq.com>; Mon, 22 Apr 2013 16:22:01 +0800 (CST)\n"
    "X-QQ-SSF: b10000000000050321003000000000\n"
    "From: 847915049@qq.com\n"
    "To: 847915049@qq.com\n"
    "Subject: test msg\n"
    "\n"
    "line1\nline2\nline3\n";

Awaitable<void> visit_qq(Pop3Session& session) {
    const std::uint32_t count = co_await session.count();
    EXPECT_EQ(count, 7U);
    const FetchedMessage mail = co_await session.retrieve(count);
    EXPECT_TRUE(mail.present);
    EXPECT_EQ(mail.headers.fields().size(), 7U);
    EXPECT_EQ(mail.headers.get("subject"), "test msg");
    EXPECT_EQ(mail.headers.get("RECEIVED"),
              "from [169.254.114.107] (unknown [120.210.224.173]) by esmtp4.qq.com (ESMTP) with "
              "SMTP id 0 for <847915049@qq.com>; Mon, 22 Apr 2013 16:22:01 +0800 (CST)");
    EXPECT_EQ(mail.body, "line1\r\nline2\r\nline3\r\n");
    const Farewell farewell = co_await session.close();
    EXPECT_TRUE(farewell.confirmed);
}

TEST(QqDialogue, MailboxVisitGoesWordForWord) {
    Script script;
    script.resolve()
        .connect()
        .handshake(Stage::tls)
        .server(Stage::greeting, "+OK QQMail POP3 Server v1.0 Service Ready(QQMail v2.0)\n")
        .client(Stage::hello, "CAPA\n")
        .server(Stage::hello, "-ERR Unknown command\n")
        .client(Stage::auth, "USER 847915049@qq.com\n")
        .server(Stage::auth, "+OK\n")
        .client(Stage::auth, "PASS s3cr&t pass/W0rd+\n")
        .server(Stage::auth, "+OK\n")
        .client(Stage::list, "STAT\n")
        .server(Stage::list, "+OK 7 12345\n")
        .client(Stage::body, "RETR 7\n")
        .server(Stage::body, "+OK 512\n" + std::string(kReceived) + ".\n")
        .client(Stage::quit, "QUIT\n")
        .server(Stage::quit, "+OK Bye\n");
    MailboxSettings settings;
    settings.server.tls = TlsMode::implicit;
    settings.username = "847915049@qq.com";
    settings.password = Secret(std::string(kPassword));
    const Pop3Run run(script, settings, visit_qq);
    EXPECT_EQ(run.outcome(), "done");
    EXPECT_TRUE(run.channel.finished());
    EXPECT_THAT(run.channel.surprises(), IsEmpty());
    EXPECT_TRUE(run.trace.shows("C PASS <secret>\n"));
    EXPECT_TRUE(run.trace.shows("S X-QQ-mid: esmtp26t1366618921t425t12695\n"));
}

// smtp.qq.com:587 lists AUTH before TLS and then refuses it.
TEST(QqQuirks, AuthListedBeforeTlsIsNotUsedBeforeTls) {
    Script script = until_hello(TlsMode::starttls, qq_offers());
    script.client(Stage::auth, "AUTH PLAIN " + plain_base64() + "\n")
        .server(Stage::auth, "235 ok\n");
    add_transfer(script);
    const SmtpRun run(script, smtp_settings(TlsMode::starttls), small_mail());
    EXPECT_EQ(run.outcome(), "accepted");

    Script plain = until_hello(TlsMode::none, qq_offers());
    plain.client(Stage::auth, "AUTH PLAIN " + plain_base64() + "\n")
        .server(Stage::auth, "530 Must issue a STARTTLS command first.\n")
        .client(Stage::auth, "QUIT\n");
    SmtpSettings settings = smtp_settings(TlsMode::none);
    settings.allow_plaintext_auth = true;
    const SmtpRun refused(plain, settings, small_mail());
    EXPECT_EQ(refused.outcome(), "auth:auth_unsupported");
    ASSERT_TRUE(refused.failure);
    EXPECT_THAT(refused.failure->what(), HasSubstr("wants TLS before a login"));
}

TEST(QqQuirks, A1_04_A535InGbkIsEscaped) {
    Script script = until_hello(TlsMode::implicit, qq_offers());
    script.client(Stage::auth, "AUTH PLAIN " + plain_base64() + "\n")
        .raw(Stage::auth, "535 Error: \xc7\xeb\xca\xb9\xd3\xc3\r\n")
        .client(Stage::auth, "QUIT\n");
    const SmtpRun run(script, smtp_settings(TlsMode::implicit), small_mail());
    EXPECT_EQ(run.outcome(), "auth:auth_rejected");
    ASSERT_TRUE(run.failure);
    EXPECT_STREQ(run.failure->what(), "login refused: 535 Error: \\xc7\\xeb\\xca\\xb9\\xd3\\xc3");
    EXPECT_TRUE(run.trace.shows("S 535 Error: \\xc7\\xeb\\xca\\xb9\\xd3\\xc3\n"));
}

TEST(QqQuirks, A1_02_HeloMayBeAnsweredWithThreeLinesAndAnyName) {
    Script script;
    script.resolve()
        .connect()
        .server(Stage::greeting, "220 smtp.qq.com Esmtp QQ QMail Server\n")
        .client(Stage::hello, "EHLO [169.254.114.107]\n")
        .server(Stage::hello, "502 Invalid paramenters\n")
        .client(Stage::hello, "HELO [169.254.114.107]\n")
        .server(Stage::hello,
                "250-newxmesmtplogicsvrsza10-0.qq.com-9.21\n250-SIZE 73400320\n250 OK\n");
    // SIZE of a HELO reply is no offer.
    add_transfer(script, false);
    const SmtpRun run(script, smtp_settings(TlsMode::none, SmtpAuth::none), small_mail());
    EXPECT_EQ(run.outcome(), "accepted");
}

}  // namespace
}  // namespace mailprobed::script
