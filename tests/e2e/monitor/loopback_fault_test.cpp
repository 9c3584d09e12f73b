// SPDX-License-Identifier: Apache-2.0
// Every kind of fault the loopback server knows, as a client feels it and as the log tells it.
#include "tests/e2e/monitor/loopback_fixture.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cctype>
#include <stdexcept>

namespace mailprobed::testing {
namespace {

using loopback::EventKind;
using loopback::Fate;
using loopback::parse_fault;
using loopback::Protocol;
using ::testing::EndsWith;
using ::testing::StartsWith;
using namespace std::chrono_literals;

// What a client hears when it submits one mail, from the greeting to the first trouble or QUIT.
std::string whole_submission(std::uint16_t port, std::chrono::milliseconds patience) {
    RawClient client(port);
    client.read_timeout(patience);
    std::string heard = client.reply();
    for (const auto* command : {"EHLO x", "MAIL FROM:<bob@test.invalid>",
                                "RCPT TO:<alice@test.invalid>", "DATA", "hello\r\n.", "QUIT"}) {
        if (heard.find_first_of("<45") == 0) break;
        heard = client.ask(command);
    }
    return heard;
}

// The text of a fault as a name that GoogleTest and CTest can bear.
template <class Case>
std::string case_name(const ::testing::TestParamInfo<Case>& info) {
    std::string text = info.param.fault;
    std::replace_if(
        text.begin(), text.end(), [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
    return text;
}

struct SmtpCase {
    const char* fault;
    const char* heard;
    const char* step;
};

class SmtpFault : public LoopbackTest, public ::testing::WithParamInterface<SmtpCase> {};

TEST_P(SmtpFault, IsHeardAtItsStepAndLogged) {
    start(GetParam().fault);
    const auto heard = whole_submission(server_->ports().smtp, 250ms);
    EXPECT_THAT(heard, StartsWith(GetParam().heard));
    const auto struck = await(EventKind::fault);
    ASSERT_TRUE(struck);
    EXPECT_EQ(struck->text, "f");
    EXPECT_THAT(struck->detail, StartsWith(GetParam().step));
    EXPECT_EQ(server_->fault_count("f"), 1U);
    const auto closed = await(EventKind::close);
    ASSERT_TRUE(closed);
    EXPECT_EQ(server_->session_count(Protocol::any), 0U);
}

INSTANTIATE_TEST_SUITE_P(
    Steps, SmtpFault,
    ::testing::Values(
        SmtpCase{"smtp connect reset name=f", "<reset>", "connect"},
        SmtpCase{"smtp connect drop name=f", "<eof>", "connect"},
        SmtpCase{"smtp connect stall name=f", "<timeout>", "connect"},
        SmtpCase{"smtp greeting refuse name=f", "554 5.3.2", "greeting"},
        SmtpCase{"smtp greeting drip for=400ms name=f", "<timeout>", "greeting"},
        SmtpCase{"any EHLO refuse name=f", "502", "EHLO"},
        SmtpCase{"smtp EHLO half_close name=f", "<eof>", "EHLO"},
        SmtpCase{"smtp MAIL reply text=\"451 4.7.1 later\" name=f", "451 4.7.1 later", "MAIL"},
        SmtpCase{"smtp RCPT reply_then_close text=\"421 bye\" name=f", "421 bye", "RCPT"},
        SmtpCase{"smtp DATA drop name=f", "<eof>", "DATA"},
        SmtpCase{"smtp DATA garbage text=<\\xff\\x00 name=f", "<timeout>", "DATA"},
        SmtpCase{"smtp DOT stall name=f", "<timeout>", "DOT"},
        SmtpCase{"smtp DOT cut_short bytes=5 name=f", "<eof>", "DOT"},
        SmtpCase{"smtp QUIT drop name=f", "<eof>", "QUIT"},
        SmtpCase{"smtp QUIT reply text=500 name=f", "500", "QUIT"}),
    case_name<SmtpCase>);

struct DotCase {
    const char* fault;
    const char* heard;
    Fate fate;
    std::size_t delivered;
    int code;
    bool sent;
};

class DotFault : public LoopbackTest, public ::testing::WithParamInterface<DotCase> {};

TEST_P(DotFault, DecidesTheFateOfTheMail) {
    const auto& expected = GetParam();
    start(expected.fault);
    auto client = smtp();
    client->read_timeout(150ms);
    EXPECT_THAT(submit(*client, kAlice, kMessage), StartsWith(expected.heard));
    client->close();
    const auto sealed = await(EventKind::mail);
    ASSERT_TRUE(sealed);
    EXPECT_EQ(sealed->mail->fate, expected.fate);
    EXPECT_EQ(sealed->mail->kept, expected.delivered > 0);
    EXPECT_EQ(sealed->mail->reply_code, expected.code);
    EXPECT_EQ(sealed->mail->reply_sent, expected.sent);
    EXPECT_EQ(sealed->mail->tag, "abc def");
    EXPECT_THAT(sealed->mail->fault, StartsWith("smtp DOT"));
    EXPECT_EQ(server_->mailbox("alice").size(), expected.delivered);
}

INSTANTIATE_TEST_SUITE_P(
    Fates, DotFault,
    ::testing::Values(DotCase{"smtp DOT lose", "250", Fate::lost, 0, 250, true},
                      DotCase{"smtp DOT duplicate", "250", Fate::duplicated, 2, 250, true},
                      DotCase{"smtp DOT alter", "250", Fate::altered, 1, 250, true},
                      DotCase{"smtp DOT delay_delivery delivery=60s", "250", Fate::kept, 1, 250,
                              true},
                      DotCase{"smtp DOT keep_and_drop", "<eof>", Fate::kept, 1, 250, false},
                      DotCase{"smtp DOT discard_and_drop", "<eof>", Fate::discarded, 0, 0, false},
                      DotCase{"smtp DOT drop", "<eof>", Fate::discarded, 0, 0, false},
                      DotCase{"smtp DOT reset carry_out", "<reset>", Fate::kept, 1, 250, false},
                      DotCase{"smtp DOT stall carry_out", "<timeout>", Fate::kept, 1, 250, false},
                      DotCase{"smtp DOT half_close", "<eof>", Fate::discarded, 0, 0, false},
                      DotCase{"smtp DOT refuse", "554 5.6.0", Fate::refused, 0, 554, true},
                      DotCase{"smtp DOT reply text=452", "452", Fate::refused, 0, 452, true},
                      DotCase{"smtp DOT reply text=250", "250", Fate::lost, 0, 250, true},
                      DotCase{"smtp DOT reply carry_out text=451", "451", Fate::kept, 1, 451, true},
                      DotCase{"smtp DOT split bytes=2", "250", Fate::kept, 1, 250, true},
                      DotCase{"smtp DOT cut_short", "<eof>", Fate::kept, 1, 250, false}),
    case_name<DotCase>);

TEST_F(LoopbackTest, AnAlteredMailHasAnotherBodyAndTheSameHeader) {
    start("smtp DOT alter text=\"changed\"");
    submit(kAlice);
    const auto raw = server_->mailbox("alice").at(0).raw;
    EXPECT_THAT(raw, EndsWith("\r\n\r\nhello\r\nchanged\r\n"));
}

TEST_F(LoopbackTest, ADuplicateIsASecondEntryWithItsOwnId) {
    start("smtp DOT duplicate");
    submit(kAlice);
    const auto mails = server_->mailbox("alice");
    ASSERT_EQ(mails.size(), 2U);
    EXPECT_NE(mails[0].uidl, mails[1].uidl);
    EXPECT_THAT(mails[1].raw, EndsWith(kMessage));
    const auto copy = server_->wait_for(
        [](const auto& e) { return e.kind == EventKind::visible && e.mail->copy_of != 0; }, kSoon);
    ASSERT_TRUE(copy);
    EXPECT_EQ(copy->mail->copy_of, mails[0].id);
}

TEST_F(LoopbackTest, RulesStrikeOnlyWhomTheyMatch) {
    start("smtp RCPT refuse rcpt=ALICE@test.invalid from=bob@test.invalid peer=127.0.3.3");
    auto client = smtp("127.0.3.3");
    EXPECT_THAT(submit(*client, kBob, kMessage), StartsWith("250"));
    EXPECT_THAT(submit(*client, kAlice, kMessage), StartsWith("550"));
    client = smtp("127.0.3.4");
    EXPECT_THAT(submit(*client, kAlice, kMessage), StartsWith("250"));
    server_->clear_faults();
    server_->add_fault(parse_fault("pop3 LOGIN refuse user=alice"));
    std::string answer;
    pop3(&answer);
    EXPECT_THAT(answer, StartsWith("-ERR [AUTH]"));
    pop3(&answer, "bob", "builder");
    EXPECT_THAT(answer, StartsWith("+OK"));
}

TEST_F(LoopbackTest, SkipMaxAndChanceLimitARule) {
    start("smtp NOOP reply text=\"250 odd\" skip=2 max=3 name=few");
    auto client = smtp();
    std::string heard;
    for (int i = 0; i < 8; ++i)
        heard += client->ask("NOOP") == "250 odd" ? 'x' : '.';
    EXPECT_EQ(heard, "..xxx...");
    const auto number = server_->add_fault(parse_fault("smtp NOOP reply text=250 p=0.3 name=dice"));
    for (int i = 0; i < 400; ++i)
        client->ask("NOOP");
    EXPECT_NEAR(static_cast<double>(server_->fault_count("dice")), 120.0, 40.0);
    server_->remove_fault(number);
    const auto before = server_->fault_count("dice");
    client->ask("NOOP");
    EXPECT_EQ(server_->fault_count("dice"), before);
}

TEST_F(LoopbackTest, DelaysAddUpBeforeTheNextFault) {
    start("smtp NOOP delay for=60ms");
    server_->add_fault(parse_fault("smtp NOOP delay for=60ms"));
    server_->add_fault(parse_fault("smtp NOOP refuse"));
    auto client = smtp();
    const auto before = std::chrono::steady_clock::now();
    EXPECT_THAT(client->ask("NOOP"), StartsWith("550"));
    EXPECT_GE(std::chrono::steady_clock::now() - before, 120ms);
}

TEST_F(LoopbackTest, RepliesBeforeTheFaultyOneArriveFirst) {
    start("smtp RCPT stall");
    auto client = smtp();
    client->read_timeout(200ms);
    client->send("NOOP\r\nMAIL FROM:<x@y>\r\nRCPT TO:<alice@test.invalid>\r\nNOOP\r\n");
    EXPECT_THAT(client->reply(), StartsWith("250 2.0.0"));
    EXPECT_THAT(client->reply(), StartsWith("250 2.1.0"));
    EXPECT_EQ(client->reply(), "<timeout>");
}

TEST_F(LoopbackTest, BytesOutsideUtf8AndSeveralLinesArriveAsGiven) {
    start("smtp MAIL reply text=\"535-\\xc4\\xe3\\r\\n535 \\xba\\xc3\"");
    EXPECT_EQ(smtp()->ask("MAIL FROM:<x@y>"), "535-\xc4\xe3|535 \xba\xc3");
}

TEST_F(LoopbackTest, ACarriedOutReplyReplacesOnlyTheText) {
    start("smtp HELO reply carry_out text=\"250-one\\r\\n250-two\\r\\n250 three\"");
    RawClient client(server_->ports().smtp);
    client.reply();
    EXPECT_EQ(client.ask("HELO x"), "250-one|250-two|250 three");
    EXPECT_THAT(submit(client, kAlice, kMessage), StartsWith("250"));
}

TEST_F(LoopbackTest, InjectedBytesComeInTheSameWriteAsTheTlsReply) {
    start("smtp STARTTLS inject text=\"250 injected\\r\\n\"");
    server_->add_fault(parse_fault("pop3 STLS inject text=\"+OK injected\\r\\n\""));
    auto client = smtp();
    client->send("STARTTLS\r\n");
    EXPECT_EQ(client->bytes(), "220 2.0.0 Go ahead\r\n250 injected\r\n");
    EXPECT_EQ(client->secure(server_->ca_file().string()), "");
    RawClient pop3(server_->ports().pop3);
    pop3.line();
    pop3.send("STLS\r\n");
    EXPECT_EQ(pop3.bytes(), "+OK begin TLS\r\n+OK injected\r\n");
    EXPECT_EQ(pop3.secure(server_->ca_file().string()), "");
}

TEST_F(LoopbackTest, TheTlsHandshakeCanStallBreakAndBeGarbage) {
    start("any tls stall max=1");
    server_->add_fault(parse_fault("any tls reset max=1"));
    server_->add_fault(parse_fault("any tls garbage max=1"));
    const auto ca = server_->ca_file().string();
    for (int i = 0; i < 3; ++i) {
        RawClient client(server_->ports().pop3s);
        client.read_timeout(150ms);
        EXPECT_EQ(client.secure(ca), "handshake");
    }
    auto client = smtp();
    client->ask("STARTTLS");
    EXPECT_EQ(client->secure(ca), "");
}

TEST_F(LoopbackTest, EndlessRepliesGoOnUntilTheirBoundAndNoLonger) {
    start("pop3 CAPA endless_line bytes=300000");
    server_->add_fault(parse_fault("smtp EHLO endless_reply bytes=300000"));
    for (const auto port : {server_->ports().pop3, server_->ports().smtp}) {
        RawClient client(port);
        client.line();
        client.send(port == server_->ports().pop3 ? "CAPA\r\n" : "EHLO x\r\n");
        std::string all;
        for (auto part = client.bytes(); part != "<eof>"; part = client.bytes())
            all += part;
        EXPECT_EQ(all.size(), 300000U);
        const auto lines = std::count(all.begin(), all.end(), '\n');
        if (port == server_->ports().pop3) {
            EXPECT_EQ(lines, 0);
            EXPECT_THAT(all, StartsWith("+OK xxx"));
        } else {
            EXPECT_GT(lines, 1000);
            EXPECT_THAT(all, StartsWith("250-endless\r\n250-FILLER1\r\n"));
        }
    }
}

TEST_F(LoopbackTest, AnEndlessListingWaitsForASlowReader) {
    start("pop3 UIDL endless_reply");
    auto client = pop3();
    client->send("UIDL\r\n");
    EXPECT_EQ(client->line(), "+OK endless");
    EXPECT_EQ(client->line(), "1 endless-1");
    client->close();
    const auto closed = await(EventKind::close);
    ASSERT_TRUE(closed);
    EXPECT_EQ(closed->text, "client");
}

TEST_F(LoopbackTest, DripAndSplitChangeOnlyThePace) {
    start("pop3 STAT drip for=5ms");
    server_->add_fault(parse_fault("pop3 PASS split bytes=4"));
    std::string answer;
    auto client = pop3(&answer);
    EXPECT_EQ(answer, "+OK 0 messages");
    const auto before = std::chrono::steady_clock::now();
    EXPECT_EQ(client->ask("STAT"), "+OK 0 0");
    EXPECT_GE(std::chrono::steady_clock::now() - before, 40ms);
    EXPECT_EQ(client->ask("QUIT"), "+OK bye");
}

TEST_F(LoopbackTest, ALockHeldElsewhereIsInUse) {
    start("pop3 LOGIN lock_held max=1");
    std::string answer;
    auto client = pop3(&answer);
    EXPECT_THAT(answer, StartsWith("-ERR [IN-USE]"));
    EXPECT_EQ(client->ask("STAT"), "-ERR log in first");
    client->ask("USER alice");
    EXPECT_THAT(client->ask("PASS won der:land"), StartsWith("+OK"));
}

TEST_F(LoopbackTest, AQuitThatIsCutDeletesOnlyWhenCarriedOut) {
    start("pop3 QUIT drop max=1");
    server_->inject("alice", "A: 1\r\n\r\n");
    auto client = pop3();
    client->ask("DELE 1");
    EXPECT_EQ(client->ask("QUIT"), "<eof>");
    EXPECT_EQ(server_->mailbox("alice").size(), 1U);
    server_->add_fault(parse_fault("pop3 QUIT drop carry_out"));
    client = pop3();
    client->ask("DELE 1");
    EXPECT_EQ(client->ask("QUIT"), "<eof>");
    EXPECT_EQ(server_->mailbox("alice").size(), 0U);
}

TEST_F(LoopbackTest, AListingCanBeCutInTheMiddle) {
    start("pop3 UIDL cut_short bytes=8");
    server_->inject("alice", "A: 1\r\n\r\n", {}, "first");
    auto client = pop3();
    client->send("UIDL\r\n");
    EXPECT_EQ(client->bytes(), "+OK\r\n1 f");
    EXPECT_EQ(client->bytes(), "<eof>");
}

TEST_F(LoopbackTest, ARefusingProtocolIsDownAndComesBackOnItsPort) {
    start();
    const auto ports = server_->ports();
    auto open = pop3();
    server_->refuse(Protocol::pop3);
    EXPECT_EQ(open->line(), "<reset>");
    EXPECT_THROW(RawClient(ports.pop3), std::runtime_error);
    EXPECT_THROW(RawClient(ports.pop3s), std::runtime_error);
    EXPECT_THAT(submit(kAlice), StartsWith("250"));
    server_->refuse(Protocol::pop3);
    server_->resume(Protocol::pop3);
    EXPECT_THAT(pop3()->ask("STAT"), StartsWith("+OK 1"));
    EXPECT_EQ(server_->ports().pop3, ports.pop3);
}

TEST_F(LoopbackTest, AFrozenProtocolConnectsAndStaysSilentUntilItResumes) {
    start();
    server_->freeze(Protocol::smtp);
    RawClient client(server_->ports().smtp);
    client.read_timeout(150ms);
    EXPECT_EQ(client.reply(), "<timeout>");
    server_->resume(Protocol::smtp);
    client.read_timeout(5s);
    EXPECT_THAT(client.reply(), StartsWith("220"));
    server_->cut_sessions(Protocol::smtp);
    EXPECT_EQ(client.reply(), "<reset>");
}

TEST(LoopbackFaultText, ReadsEveryKey) {
    const auto fault = parse_fault(
        "  pop3 RETR split bytes=7 for=1.5s delivery=uniform:1s:2s carry_out user=u from=f rcpt=r "
        "peer=p p=0.25 skip=3 max=4 name=\"two words\" text=\"a\\\"\\\\\\x41\\r\\n\"");
    EXPECT_EQ(fault.protocol, Protocol::pop3);
    EXPECT_EQ(fault.at, "RETR");
    EXPECT_EQ(fault.action, loopback::Action::split);
    EXPECT_EQ(fault.bytes, 7U);
    EXPECT_EQ(fault.duration, 1500ms);
    EXPECT_EQ(fault.delivery.high, 2s);
    EXPECT_TRUE(fault.carry_out);
    EXPECT_EQ(fault.username + fault.sender + fault.recipient + fault.peer, "ufrp");
    EXPECT_EQ(fault.probability, 0.25);
    EXPECT_EQ(fault.skip, 3U);
    EXPECT_EQ(fault.max, 4U);
    EXPECT_EQ(fault.name, "two words");
    EXPECT_EQ(fault.text, "a\"\\A\r\n");
}

TEST(LoopbackFaultText, RejectsWhatMakesNoSense) {
    for (const auto* text : {"", "imap DOT lose", "smtp DOT explode", "smtp DOT lose p=x",
                             "smtp DOT lose colour=red", "smtp DOT lose odd", "smtp DOT lose \"",
                             "smtp DOT delay for=5y", "smtp DOT reply text=\\xg1"}) {
        EXPECT_THROW(static_cast<void>(parse_fault(text)), std::invalid_argument) << text;
    }
    loopback::Server server({});
    for (const auto* text : {"smtp FOO drop", "smtp MAIL lose", "pop3 DOT drop",
                             "pop3 STAT lock_held", "smtp tls drip", "smtp MAIL reply"}) {
        EXPECT_THROW(server.add_fault(parse_fault(text)), std::invalid_argument) << text;
    }
    for (const auto* text : {"5x", "uniform:1s", "uniform:2s:1s", "log-uniform:0:1s", "-1s"}) {
        EXPECT_THROW(static_cast<void>(loopback::parse_delay(text)), std::invalid_argument) << text;
    }
}

}  // namespace
}  // namespace mailprobed::testing
