// SPDX-License-Identifier: Apache-2.0
// DSN and the mails that a bounce fault sends back, written by the server, read by the program's
// own parsers.
#include "probes/domain/identity/bounce.hpp"
#include "probes/net/crypto.hpp"
#include "probes/wire/message/authentication_results.hpp"
#include "probes/wire/message/delivery_status.hpp"
#include "probes/wire/message/mime_part.hpp"
#include "probes/wire/message/received.hpp"
#include "tests/e2e/monitor/loopback_fixture.hpp"

#include <gmock/gmock.h>

#include <stdexcept>

namespace mailprobed::testing {
namespace {

using loopback::BounceKind;
using loopback::Event;
using loopback::EventKind;
using loopback::Fate;
using loopback::parse_fault;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class LoopbackBounce : public LoopbackTest {
  protected:
    /// One of our mails from bob to alice with these parameters; the reply to the dot.
    std::string send(const std::string& of_mail = "", const std::string& of_rcpt = "") {
        auto client = smtp();
        client->ask("MAIL FROM:<bob@test.invalid>" + of_mail);
        client->ask("RCPT TO:<alice@test.invalid>" + of_rcpt);
        client->ask("DATA");
        client->send("Message-ID:\r\n <" + text_ + "@test.invalid>\r\nSubject: mailprobed\r\n " +
                     text_ + "\r\nX-Mailprobed-Tag: " + text_ + "\r\n\r\n" + text_ +
                     "\r\nhello\r\n");
        return client->ask(".");
    }
    std::string with_id() const { return " RET=HDRS ENVID=" + text_; }
    std::optional<Event> sealed() { return await(EventKind::mail); }
    /// Waits until bob has `count` visible mails and gives the last.
    std::string reported(std::size_t count = 1) {
        const bool came = server_->wait_for_count(
            [](const Event& event) {
                return event.kind == EventKind::visible && event.username == "bob";
            },
            count, kSoon);
        const auto mails = server_->mailbox("bob");
        EXPECT_TRUE(came);
        return mails.empty() ? std::string() : mails.back().raw;
    }
    BounceReading read(std::string_view raw) const {
        MailHeaders headers;
        while (!raw.empty()) {
            const std::string_view line = take_line(raw);
            if (line.empty()) break;
            headers.add_line(line);
        }
        const RouteOf route = [](const Tag&) {
            return RouteFacts{"bob@test.invalid", "alice@test.invalid", true, false};
        };
        EXPECT_EQ(read_header(headers, "", codec_, route).says, HeaderSays::maybe_report);
        return read_bounce(headers, raw, codec_, route);
    }

    const TagCodec codec_{Secret(std::string(32, 'k')), hmac_sha256};
    const Tag tag_{1, 2, 3, 1, 4};
    const std::string text_ = codec_.write(tag_);
};

TEST_F(LoopbackBounce, DsnIsOfferedAndItsParametersAreLogged) {
    start();
    RawClient client(server_->ports().smtp);
    client.reply();
    EXPECT_THAT(client.ask("EHLO x"), HasSubstr("DSN"));
    send(" RET=full ENVID=a+2Bb", " NOTIFY=failure,DELAY ORCPT=rfc822;c+2Bd@e");
    const auto mail = sealed();
    ASSERT_TRUE(mail);
    EXPECT_EQ(mail->mail->envelope_id, "a+b");
    EXPECT_EQ(mail->mail->ret, "FULL");
    EXPECT_EQ(mail->mail->notify, "FAILURE,DELAY");
    EXPECT_EQ(mail->mail->original_recipient, "rfc822;c+d@e");
    EXPECT_THAT(loopback::to_json(*mail), HasSubstr(R"("envelope_id":"a+b")"));
}

TEST_F(LoopbackBounce, MalformedAndUnknownParametersAreRefused) {
    start();
    auto client = smtp();
    for (const char* wrong : {"RET=ALL", "RET=", "RET=FULL RET=FULL", "ENVID=", "ENVID=a=b",
                              "ENVID=a+2", "ENVID=a+2b", "ENVID=a+0A", "ENVID=a ENVID=b"}) {
        EXPECT_THAT(client->ask("MAIL FROM:<bob@test.invalid> " + std::string(wrong)),
                    StartsWith("501"))
            << wrong;
    }
    const std::string longest(100, 'x');
    EXPECT_THAT(client->ask("MAIL FROM:<bob@test.invalid> ENVID=x" + longest), StartsWith("501"));
    EXPECT_THAT(client->ask("MAIL FROM:<bob@test.invalid> NOTIFY=NEVER"), StartsWith("555"));
    EXPECT_THAT(client->ask("MAIL FROM:<bob@test.invalid> ENVID=" + longest), StartsWith("250"));
    for (const char* wrong :
         {"NOTIFY=", "NOTIFY=NEVER,DELAY", "NOTIFY=SUCCESS,", "NOTIFY=SOON",
          "NOTIFY=DELAY NOTIFY=DELAY", "ORCPT=a@b", "ORCPT=;a@b", "ORCPT=rfc822;"}) {
        EXPECT_THAT(client->ask("RCPT TO:<alice@test.invalid> " + std::string(wrong)),
                    StartsWith("501"))
            << wrong;
    }
    EXPECT_THAT(client->ask("RCPT TO:<alice@test.invalid> RET=FULL"), StartsWith("555"));
    EXPECT_THAT(client->ask("RCPT TO:<alice@test.invalid> NOTIFY=NEVER"), StartsWith("250"));
}

TEST_F(LoopbackBounce, WithoutTheExtensionItsParametersAreUnknown) {
    options_.smtp.dsn = false;
    start();
    RawClient client(server_->ports().smtp);
    client.reply();
    EXPECT_THAT(client.ask("EHLO x"), Not(HasSubstr("DSN")));
    EXPECT_THAT(client.ask("MAIL FROM:<bob@test.invalid> ENVID=a"), StartsWith("555"));
    EXPECT_THAT(client.ask("MAIL FROM:<bob@test.invalid>"), StartsWith("250"));
    EXPECT_THAT(client.ask("RCPT TO:<alice@test.invalid> NOTIFY=NEVER"), StartsWith("555"));
    EXPECT_THAT(client.ask("RCPT TO:<alice@test.invalid>"), StartsWith("250"));
}

TEST_F(LoopbackBounce, AFailureReportComesToTheSenderAndTheMailDoesNotArrive) {
    start("smtp DOT bounce status=5.2.2");
    EXPECT_THAT(send(with_id(), " NOTIFY=FAILURE,DELAY ORCPT=rfc822;alice@test.invalid"),
                StartsWith("250"));
    const std::string raw = reported();
    const BounceReading reading = read(raw);
    ASSERT_TRUE(reading.bounce);
    EXPECT_EQ(reading.bounce->tag, tag_);
    EXPECT_EQ(reading.bounce->action, BounceAction::failed);
    EXPECT_EQ(reading.bounce->status, "5.2.2");
    EXPECT_THAT(raw, HasSubstr("Original-Envelope-Id: " + text_ + "\r\n"));
    EXPECT_THAT(raw, HasSubstr("Original-Recipient: rfc822;alice@test.invalid\r\n"));
    EXPECT_THAT(raw, HasSubstr("X-Mailprobed-Tag: " + text_));
    EXPECT_THAT(raw, Not(HasSubstr("hello")));
    EXPECT_TRUE(server_->mailbox("alice").empty());
    const auto mail = sealed();
    ASSERT_TRUE(mail);
    EXPECT_EQ(mail->mail->fate, Fate::bounced);
    EXPECT_FALSE(mail->mail->kept);
    EXPECT_EQ(mail->mail->reply_code, 250);
    const auto visible = await(EventKind::visible);
    ASSERT_TRUE(visible);
    EXPECT_EQ(visible->mail->report_on, mail->mail->id);
    EXPECT_EQ(visible->mail->tag, "");
    EXPECT_GE(visible->at_ns, mail->mail->dot_ns);
}

TEST_F(LoopbackBounce, TheReportIsLateByItsDelayAndHoldsTheWholeMailOnRequest) {
    start("smtp DOT bounce delivery=60ms");
    send(" RET=FULL");
    const std::string raw = reported();
    EXPECT_THAT(raw, HasSubstr("hello"));
    EXPECT_THAT(raw, Not(HasSubstr("Original-Envelope-Id")));
    EXPECT_EQ(read(raw).bounce->tag, tag_);
    EXPECT_EQ(read(raw).bounce->status, "5.1.1");
    const auto visible = await(EventKind::visible);
    EXPECT_EQ(visible->at_ns - visible->mail->dot_ns, 60'000'000);
}

TEST_F(LoopbackBounce, LettersDelaysAndAnswersAreReadForWhatTheyAre) {
    start("smtp DOT bounce kind=qmail max=1");
    server_->add_fault(parse_fault("smtp DOT bounce kind=delayed max=1"));
    server_->add_fault(parse_fault("smtp DOT bounce kind=vacation max=1"));
    send();
    const auto letter = read(reported(1));
    ASSERT_TRUE(letter.bounce);
    EXPECT_EQ(letter.bounce->action, BounceAction::failed);
    EXPECT_EQ(letter.bounce->status, "5.1.1");
    EXPECT_TRUE(server_->mailbox("alice").empty());
    send(with_id());
    const auto delay = read(reported(2));
    ASSERT_TRUE(delay.bounce);
    EXPECT_EQ(delay.bounce->action, BounceAction::delayed);
    EXPECT_EQ(delay.bounce->status_class, StatusClass::transient);
    EXPECT_EQ(server_->mailbox("alice").size(), 1U);
    send(with_id());
    const auto answer = read(reported(3));
    EXPECT_FALSE(answer.bounce);
    EXPECT_EQ(answer.reject, TagReject::quoted);
    EXPECT_EQ(server_->mailbox("alice").size(), 2U);
}

TEST_F(LoopbackBounce, AForgedReportHoldsNoTrueTag) {
    start("smtp DOT bounce kind=forged");
    send(with_id());
    const std::string raw = reported();
    EXPECT_THAT(raw, Not(HasSubstr(text_)));
    EXPECT_FALSE(read(raw).bounce);
    EXPECT_EQ(read(raw).reject, TagReject::forged);
    EXPECT_EQ(sealed()->mail->fate, Fate::lost);
    server_->clear_faults();
    server_->add_fault(parse_fault("smtp DOT bounce kind=forged carry_out"));
    send(with_id());
    reported(2);
    EXPECT_EQ(server_->mailbox("alice").size(), 1U);
}

TEST_F(LoopbackBounce, ReportsKeepToNotify) {
    start("smtp DOT bounce kind=dsn");
    send(with_id(), " NOTIFY=NEVER");
    EXPECT_EQ(sealed()->mail->fate, Fate::lost);
    send(with_id(), " NOTIFY=SUCCESS,DELAY");
    EXPECT_TRUE(server_->mailbox("bob").empty());
    send(with_id(), " NOTIFY=SUCCESS,FAILURE");
    EXPECT_TRUE(read(reported()).bounce);
}

TEST_F(LoopbackBounce, ARuleThatMakesNoSenseIsRefused) {
    start();
    for (const char* wrong : {"smtp MAIL bounce", "pop3 DOT bounce", "smtp DOT bounce status=2.0.0",
                              "smtp DOT bounce status=5.1", "smtp DOT bounce status=5.1.1111"}) {
        EXPECT_THROW(server_->add_fault(parse_fault(wrong)), std::invalid_argument) << wrong;
    }
    EXPECT_THROW(static_cast<void>(parse_fault("smtp DOT bounce kind=nice")),
                 std::invalid_argument);
    EXPECT_EQ(parse_fault("smtp DOT bounce kind=forged").kind, BounceKind::forged);
    EXPECT_EQ(name(loopback::Action::bounce), "bounce");
    EXPECT_EQ(name(loopback::Action::lock_held), "lock_held");
}

TEST_F(LoopbackBounce, DeliveredMailsTellTheirHopAndTheResultsConfigured) {
    options_.smtp.authentication_results = "spf=pass smtp.mailfrom=bob@test.invalid; dkim=fail";
    start();
    const auto before = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    send();
    ASSERT_EQ(server_->mailbox("alice").size(), 1U);
    const std::string raw = server_->mailbox("alice").front().raw;
    MailHeaders headers;
    for (std::string_view rest = raw; !rest.empty();) {
        const std::string_view line = take_line(rest);
        if (line.empty()) break;
        headers.add_line(line);
    }
    const auto hops = received_hops(headers);
    ASSERT_EQ(hops.size(), 1U);
    EXPECT_EQ(hops[0].by, "loopback.invalid");
    EXPECT_EQ(hops[0].from, "client.invalid");
    ASSERT_TRUE(hops[0].at);
    EXPECT_GE(*hops[0].at, before);
    EXPECT_LE(*hops[0].at, std::chrono::system_clock::now());
    const auto results = authentication_results(headers, "loopback.invalid");
    ASSERT_TRUE(results);
    EXPECT_EQ(results->spf, AuthResult::pass);
    EXPECT_EQ(results->dkim, AuthResult::fail);
}

}  // namespace
}  // namespace mailprobed::testing
