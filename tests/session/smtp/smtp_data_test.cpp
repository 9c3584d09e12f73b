// SPDX-License-Identifier: Apache-2.0
// What leaves after DATA: exactly one mail, whatever its body holds (SMTP smuggling, 2023).
#include "tests/session/smtp_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mailprobed::script {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

Script until_data() {
    Script script = until_hello(TlsMode::none, {});
    script.client(Stage::envelope, "MAIL FROM:<a@example.org>\n")
        .server(Stage::envelope, "250 Ok\n")
        .client(Stage::envelope, "RCPT TO:<b@example.org>\n")
        .server(Stage::envelope, "250 Ok\n")
        .client(Stage::data, "DATA\n")
        .server(Stage::data, "354 go\n");
    return script;
}

Envelope mail(std::string body) {
    return {"a@example.org", "b@example.org", std::move(body)};
}

TEST(SmtpData, B3_3_LinesWithDotsLeaveAsDataInOneWrite) {
    const struct {
        const char* message;
        const char* wire;
    } cases[] = {
        {".\r\n", "..\r\n.\r\n"},
        {"\r\n.\r\n", "\r\n..\r\n.\r\n"},
        {"a\r\n..\r\nb\r\n", "a\r\n...\r\nb\r\n.\r\n"},
        {"a\r\n.\r\nMAIL FROM:<evil@example.org>\r\n",
         "a\r\n..\r\nMAIL FROM:<evil@example.org>\r\n.\r\n"},
        {"a.\r\n\r\n", "a.\r\n\r\n.\r\n"},
    };
    for (const auto& [message, wire] : cases) {
        Script script = until_data();
        script.client(Stage::accept, "");
        script.steps.back().bytes = wire;
        script.server(Stage::accept, "250 Ok\n")
            .client(Stage::quit, "QUIT\n")
            .server(Stage::quit, "221 Bye\n");
        const SmtpRun run(script, smtp_settings(TlsMode::none, SmtpAuth::none), mail(message));
        EXPECT_EQ(run.outcome(), "accepted");
        EXPECT_THAT(run.channel.surprises(), IsEmpty());
    }
}

TEST(SmtpData, B3_2_ABareCrOrLfIsRefusedBeforeAnybodyIsContacted) {
    const std::string nul("a\0b\r\n", 5);
    for (const std::string& message :
         {std::string("a\n.\nb\r\n"), std::string("a\n.\r\nb\r\n"), std::string("a\r.\rb\r\n"),
          std::string("a\r\n.\nb\r\n"), std::string("a\r\n.\rb\r\n"), std::string("a\r.\r\nb\r\n"),
          std::string("a\r\r\nb\r\n"), std::string("a\r\n\rb\r\n"), std::string("no end"),
          std::string("cr only\r"), std::string(""), nul}) {
        const SmtpRun run(Script{}, smtp_settings(TlsMode::none), mail(message));
        EXPECT_EQ(run.outcome(), "data:internal");
        EXPECT_FALSE(run.listener.connecting_at);
        EXPECT_THAT(run.channel.surprises(), IsEmpty());
        EXPECT_EQ(run.channel.written(), "");
    }
}

TEST(SmtpData, B3_1_LineBreaksInAddressesOrNamesNeverReachTheWire) {
    for (const char* address : {"a@x> SIZE=1\r\nRCPT TO:<b@x", "a b@x", "", "a@x\n", "<a@x>"}) {
        Script script = until_hello(TlsMode::none, {});
        script.client(Stage::envelope, "QUIT\n");
        Envelope envelope = mail("a\r\n");
        envelope.recipient = address;
        const SmtpRun run(script, smtp_settings(TlsMode::none, SmtpAuth::none), envelope);
        EXPECT_EQ(run.outcome(), "envelope:internal");
        EXPECT_THAT(run.channel.surprises(), IsEmpty());
    }
    Script script;
    script.resolve().connect().server(Stage::greeting, "220 hi\n");
    SmtpSettings settings = smtp_settings(TlsMode::none, SmtpAuth::none);
    settings.ehlo_name = "me\r\nMAIL FROM:<>";
    const SmtpRun run(script, settings, mail("a\r\n"));
    EXPECT_EQ(run.outcome(), "hello:internal");
    EXPECT_EQ(run.channel.written(), "");
}

TEST(SmtpData, A1_07_TheConfiguredNameIsTheArgumentOfEhlo) {
    Script script;
    script.resolve()
        .connect()
        .server(Stage::greeting, "220 hi\n")
        .client(Stage::hello, "EHLO probe.example.org\n")
        .server(Stage::hello, "421 bye\n");
    SmtpSettings settings = smtp_settings(TlsMode::none, SmtpAuth::none);
    settings.ehlo_name = "probe.example.org";
    EXPECT_EQ(SmtpRun(script, settings, mail("a\r\n")).outcome(), "hello:rejected_transient");
}

}  // namespace
}  // namespace mailprobed::script
