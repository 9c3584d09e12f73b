// SPDX-License-Identifier: Apache-2.0
// The loopback server as a well-behaved server: SMTP, TLS, log and command line.
#include "tests/e2e/monitor/loopback_fixture.hpp"

#include <gmock/gmock.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace mailprobed::testing {
namespace {

using loopback::CertificateKind;
using loopback::EventKind;
using loopback::Fate;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

TEST_F(LoopbackTest, MailIsReadBackUnchangedBehindTwoTraceHeaders) {
    start();
    EXPECT_THAT(submit(kAlice, "Subject: x\r\n\r\n..dot\r\n...\r\nplain.\r\n"), StartsWith("250"));
    auto client = pop3();
    const auto mail = client->ask_lines("RETR 1");
    EXPECT_THAT(mail, HasSubstr("|Return-Path: <bob@test.invalid>|Received: from client.invalid"));
    EXPECT_THAT(mail, EndsWith("|Subject: x||..dot|...|plain."));
    const auto stored = server_->mailbox("alice");
    ASSERT_EQ(stored.size(), 1U);
    EXPECT_THAT(stored[0].raw, EndsWith("Subject: x\r\n\r\n.dot\r\n..\r\nplain.\r\n"));
}

TEST_F(LoopbackTest, EverySmtpCommandOfOneWriteIsAnsweredInOrder) {
    start();
    RawClient client(server_->ports().smtp);
    client.reply();
    client.send(
        "EHLO a\r\nMAIL FROM:<x@y> SIZE=10 BODY=8BITMIME\r\nRCPT TO:<nobody@test.invalid>\r\n"
        "RCPT TO:<ALIAS@test.invalid>\r\nDATA\r\n.\r\nRSET\r\nNOOP\r\nVRFY x\r\nFOO\r\n"
        "QUIT\r\n");
    EXPECT_THAT(client.reply(), HasSubstr("|250-PIPELINING|250-SIZE 52428800|250-STARTTLS|"
                                          "250-AUTH PLAIN LOGIN CRAM-MD5|"));
    EXPECT_THAT(client.reply(), StartsWith("250 2.1.0"));
    EXPECT_THAT(client.reply(), StartsWith("550 5.1.1"));
    EXPECT_THAT(client.reply(), StartsWith("250 2.1.5"));
    EXPECT_THAT(client.reply(), StartsWith("354"));
    EXPECT_THAT(client.reply(), StartsWith("250 2.0.0 Ok: queued as 1"));
    for (const auto* code : {"250", "250", "252", "500", "221"}) {
        EXPECT_THAT(client.reply(), StartsWith(code));
    }
    EXPECT_EQ(client.line(), "<eof>");
    EXPECT_EQ(server_->mailbox("alice").size(), 1U);
}

TEST_F(LoopbackTest, CommandsOutOfOrderAreRefused) {
    start();
    RawClient client(server_->ports().smtp);
    client.reply();
    EXPECT_THAT(client.ask("MAIL FROM:<x@y>"), StartsWith("503"));
    EXPECT_THAT(client.ask("HELO me"), StartsWith("250 "));
    EXPECT_THAT(client.ask("RCPT TO:<alice@test.invalid>"), StartsWith("503"));
    EXPECT_THAT(client.ask("DATA"), StartsWith("503"));
    EXPECT_THAT(client.ask("MAIL FROM:<x@y> SIZE=5"), StartsWith("555"));
    EXPECT_THAT(client.ask("MAIL FROM:x@y"), StartsWith("501"));
}

TEST_F(LoopbackTest, EveryMechanismLogsInAndWrongPasswordsDoNot) {
    options_.smtp.require_auth = true;
    start();
    const std::string plain = openssl_base64(std::string("\0alice\0won der:land", 19));
    EXPECT_THAT(smtp()->ask("MAIL FROM:<x@y>"), StartsWith("530"));
    EXPECT_THAT(smtp()->ask("AUTH PLAIN " + plain), StartsWith("235"));
    auto client = smtp();
    EXPECT_EQ(client->ask("auth plain"), "334 ");
    EXPECT_THAT(client->ask(plain), StartsWith("235"));
    EXPECT_THAT(client->ask("MAIL FROM:<x@y>"), StartsWith("250"));
    client = smtp();
    EXPECT_EQ(client->ask("AUTH LOGIN"), "334 VXNlcm5hbWU6");
    EXPECT_EQ(client->ask(openssl_base64("alice")), "334 UGFzc3dvcmQ6");
    EXPECT_THAT(client->ask(openssl_base64("won der:land")), StartsWith("235"));
    client = smtp();
    const auto challenge = openssl_unbase64(client->ask("AUTH CRAM-MD5").substr(4));
    std::array<unsigned char, 16> digest{};
    unsigned int size = 0;
    HMAC(EVP_md5(), "builder", 7, reinterpret_cast<const unsigned char*>(challenge.data()),
         challenge.size(), digest.data(), &size);
    EXPECT_THAT(client->ask(openssl_base64("bob " + hex(digest.data(), size))), StartsWith("235"));
    client = smtp();
    EXPECT_THAT(client->ask("AUTH PLAIN " + openssl_base64(std::string("\0alice\0wrong", 12))),
                StartsWith("535 5.7.8"));
    EXPECT_THAT(client->ask("AUTH PLAIN ==="), StartsWith("501"));
    EXPECT_THAT(client->ask("AUTH LOGIN"), StartsWith("334"));
    EXPECT_THAT(client->ask("*"), StartsWith("501"));
    EXPECT_THAT(client->ask("AUTH XOAUTH2 x"), StartsWith("504"));
    for (const auto& event : server_->events()) {
        EXPECT_THAT(loopback::to_json(event), Not(HasSubstr(plain)));
        EXPECT_THAT(loopback::to_json(event), Not(HasSubstr("won der")));
    }
}

TEST_F(LoopbackTest, SwitchesShapeWhatSmtpOffers) {
    options_.smtp.starttls = options_.smtp.pipelining = options_.smtp.eight_bit_mime = false;
    options_.smtp.enhanced_codes = options_.smtp.dsn = false;
    options_.smtp.size = 100;
    options_.smtp.auth = {"LOGIN"};
    options_.smtp.extra_capabilities = {"AUTH=LOGIN", "MAILCOMPRESS"};
    start();
    RawClient client(server_->ports().smtp);
    client.reply();
    EXPECT_EQ(client.ask("EHLO x"),
              "250-loopback.invalid|250-SIZE 100|250-AUTH LOGIN|"
              "250-AUTH=LOGIN|250 MAILCOMPRESS");
    EXPECT_EQ(client.ask("STARTTLS").substr(0, 5), "502 S");
    EXPECT_THAT(client.ask("MAIL FROM:<x@y> SIZE=101"), StartsWith("552"));
    const std::string big(9000, 'x');
    EXPECT_THAT(submit(client, kAlice, big + "\r\n"), StartsWith("552"));
    EXPECT_THAT(submit(client, kAlice, "small\r\n"), StartsWith("250"));
}

TEST_F(LoopbackTest, EhloCanBeUnknownAndTlsCanBeDemanded) {
    options_.smtp.ehlo = false;
    options_.smtp.require_tls = options_.pop3.require_tls = true;
    start();
    RawClient client(server_->ports().smtp);
    client.reply();
    EXPECT_THAT(client.ask("EHLO x"), StartsWith("502"));
    EXPECT_THAT(client.ask("HELO x"), StartsWith("250 "));
    EXPECT_THAT(client.ask("AUTH PLAIN x"), StartsWith("530"));
    EXPECT_THAT(client.ask("MAIL FROM:<x@y>"), StartsWith("530"));
    std::string answer;
    pop3(&answer);
    EXPECT_THAT(answer, StartsWith("-ERR"));
}

TEST_F(LoopbackTest, AllFourWaysIntoTlsVerifyAgainstTheCa) {
    start();
    const auto ca = server_->ca_file().string();
    auto client = smtp();
    client->ask("MAIL FROM:<x@y>");
    // What was said in the clear, before and behind STARTTLS, must not count under TLS.
    client->send("STARTTLS\r\nNOOP\r\n");
    EXPECT_THAT(client->reply(), StartsWith("220"));
    EXPECT_EQ(client->secure(ca), "");
    EXPECT_THAT(client->ask("RCPT TO:<alice@test.invalid>"), StartsWith("503"));
    EXPECT_THAT(client->ask("MAIL FROM:<x@y>"), StartsWith("503"));
    EXPECT_THAT(client->ask("EHLO x"), Not(HasSubstr("STARTTLS")));
    EXPECT_THAT(submit(*client, kAlice, kMessage), StartsWith("250"));
    RawClient smtps(server_->ports().smtps);
    EXPECT_EQ(smtps.secure(ca), "");
    EXPECT_THAT(smtps.reply(), StartsWith("220"));
    RawClient pop3(server_->ports().pop3);
    pop3.line();
    EXPECT_THAT(pop3.ask_lines("CAPA"), HasSubstr("|STLS"));
    EXPECT_THAT(pop3.ask("STLS"), StartsWith("+OK"));
    EXPECT_EQ(pop3.secure(ca), "");
    EXPECT_THAT(pop3.ask_lines("CAPA"), Not(HasSubstr("|STLS")));
    RawClient pop3s(server_->ports().pop3s);
    EXPECT_EQ(pop3s.secure(ca), "");
    EXPECT_THAT(pop3s.line(), StartsWith("+OK"));
    EXPECT_EQ(pop3s.ask("QUIT"), "+OK bye");
    EXPECT_EQ(pop3s.line(), "<eof>");
}

TEST_F(LoopbackTest, EveryFlawedCertificateIsRefusedForItsFlaw) {
    const std::array<std::pair<CertificateKind, const char*>, 5> flaws{
        {{CertificateKind::expired, "certificate has expired"},
         {CertificateKind::not_yet_valid, "certificate is not yet valid"},
         {CertificateKind::wrong_name, "hostname mismatch"},
         {CertificateKind::self_signed, "self-signed certificate"},
         {CertificateKind::unknown_ca, "unable to get local issuer certificate"}}};
    for (const auto& [kind, why] : flaws) {
        options_.tls.certificate = kind;
        start();
        RawClient client(server_->ports().smtps);
        EXPECT_THAT(client.secure(server_->ca_file().string()), HasSubstr(why));
        client.close();
        const auto closed = await(EventKind::close);
        ASSERT_TRUE(closed);
        EXPECT_THAT(closed->text, StartsWith("tls: "));
    }
}

TEST_F(LoopbackTest, TlsVersionsCanBeLimited) {
    for (const std::string version : {"1.1", "1.2", "1.3"}) {
        options_.tls.min_version = options_.tls.max_version = version;
        start();
        RawClient client(server_->ports().pop3s);
        EXPECT_EQ(client.secure(server_->ca_file().string()), "");
        EXPECT_EQ(client.tls_version(), "TLSv" + version);
    }
}

TEST_F(LoopbackTest, TheMailEventHoldsAllAJudgeNeeds) {
    start();
    const auto before = loopback::boot_now();
    auto client = smtp("127.0.7.9");
    submit(*client, kAlice, kMessage);
    const auto sealed = await(EventKind::mail);
    ASSERT_TRUE(sealed);
    const auto& mail = *sealed->mail;
    EXPECT_EQ(sealed->peer, "127.0.7.9");
    EXPECT_EQ(mail.fate, Fate::kept);
    EXPECT_TRUE(mail.kept);
    EXPECT_TRUE(mail.reply_sent);
    EXPECT_EQ(mail.reply_code, 250);
    EXPECT_EQ(mail.sender, kBob);
    EXPECT_EQ(mail.recipient, kAlice);
    EXPECT_EQ(mail.mailbox, "alice");
    EXPECT_EQ(mail.tag, "abc def");
    EXPECT_EQ(mail.message_id, "<1@test.invalid>");
    EXPECT_GT(mail.dot_ns, before);
    EXPECT_GE(mail.visible_ns, mail.dot_ns);
    EXPECT_EQ(server_->mailbox("alice").at(0).uidl, mail.uidl);
}

TEST_F(LoopbackTest, TheLogFileHoldsOneJsonObjectPerEvent) {
    const auto file = std::filesystem::path(::testing::TempDir()) / "loopback_test.jsonl";
    options_.log.file = file.string();
    start();
    submit(kAlice);
    server_->stop();
    std::ifstream stream(file);
    std::size_t count = 0;
    for (std::string line; std::getline(stream, line); ++count) {
        EXPECT_THAT(line, StartsWith("{\"at_ns\":"));
        EXPECT_THAT(line, EndsWith("}"));
    }
    EXPECT_EQ(count, server_->event_count());
    std::filesystem::remove(file);
    loopback::Event odd;
    odd.text = "a\"\\\x01\xe9";
    EXPECT_THAT(loopback::to_json(odd), HasSubstr("\"text\":\"a\\\"\\\\\\u0001\\u00e9\""));
}

TEST_F(LoopbackTest, WhoIsGoneAtTheDotIsNotToldToHaveBeenAnswered) {
    start("smtp DOT delay for=300ms");
    auto client = smtp();
    client->ask("MAIL FROM:<x@y>");
    client->ask("RCPT TO:<alice@test.invalid>");
    client->ask("DATA");
    client->send("x\r\n.\r\n");
    ASSERT_TRUE(await(EventKind::fault));
    client->close();
    const auto sealed = await(EventKind::mail);
    ASSERT_TRUE(sealed);
    EXPECT_TRUE(sealed->mail->kept);
    EXPECT_FALSE(sealed->mail->reply_sent);
}

TEST_F(LoopbackTest, StoppingCutsEverySessionAndKeepsTheLog) {
    start();
    auto idle = smtp();
    auto reader = pop3();
    server_->stop();
    EXPECT_EQ(idle->line(), "<reset>");
    EXPECT_EQ(server_->session_count(loopback::Protocol::any), 0U);
    EXPECT_TRUE(server_->wait_for_count([](const auto& e) { return e.kind == EventKind::close; }, 2,
                                        std::chrono::milliseconds(0)));
    EXPECT_TRUE(server_->lock_mailbox("alice"));
}

/// The program as a child process, its standard output read line by line.
class Program {
  public:
    explicit Program(const std::vector<std::string>& arguments) {
        std::array<int, 2> ends{};
        if (::pipe2(ends.data(), O_CLOEXEC) != 0) return;
        std::vector<char*> argv{const_cast<char*>(MAILPROBED_LOOPBACK)};
        for (const auto& argument : arguments)
            argv.push_back(const_cast<char*>(argument.c_str()));
        argv.push_back(nullptr);
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
        ::posix_spawn(&child_, argv[0], &actions, nullptr, argv.data(), environ);
        posix_spawn_file_actions_destroy(&actions);
        ::close(ends[1]);
        output_ = ::fdopen(ends[0], "r");
    }
    Program(const Program&) = delete;
    Program& operator=(const Program&) = delete;
    ~Program() { static_cast<void>(stop()); }

    std::string line() {
        std::array<char, 4096> text{};
        return std::fgets(text.data(), static_cast<int>(text.size()), output_) ? text.data() : "";
    }
    /// SIGTERM; the exit status.
    int stop() {
        if (child_ <= 0) return -1;
        ::kill(child_, SIGTERM);
        return wait();
    }
    /// The exit status of a program that ends by itself.
    int wait() {
        int status = -1;
        ::waitpid(child_, &status, 0);
        child_ = -1;
        std::fclose(output_);
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }

  private:
    pid_t child_ = -1;
    std::FILE* output_ = nullptr;
};

TEST(LoopbackProgram, TellsItsPortsServesLogsAndEndsOnSigterm) {
    const auto folder = std::filesystem::path(::testing::TempDir()) / "loopback_program";
    Program program({"--smtp-port", "0", "--smtps-port", "off", "--pop3-port", "0", "--pop3s-port",
                     "0", "--account", "eve@test.invalid:eve:pass:word", "--cert-dir",
                     folder.string(), "--log", "-", "--no-auth", "--fault",
                     "smtp DOT delay_delivery delivery=1h"});
    const auto ready = program.line();
    unsigned int smtp = 0;
    ASSERT_EQ(std::sscanf(ready.c_str(), "{\"smtp\":%u,\"smtps\":0,", &smtp), 1) << ready;
    EXPECT_THAT(ready, EndsWith("\"ca\":\"" + (folder / "ca.pem").string() + "\"}\n"));
    EXPECT_TRUE(std::filesystem::exists(folder / "ca.pem"));
    RawClient client(static_cast<std::uint16_t>(smtp));
    client.reply();
    client.ask("HELO x");
    client.ask("MAIL FROM:<>");
    EXPECT_THAT(client.ask("RCPT TO:<eve@test.invalid>"), StartsWith("250"));
    client.ask("DATA");
    EXPECT_THAT(client.ask("hi\r\n."), StartsWith("250"));
    EXPECT_THAT(program.line(), HasSubstr("\"kind\":\"connect\""));
    EXPECT_THAT(program.line(), HasSubstr("\"kind\":\"fault\""));
    EXPECT_THAT(program.line(), HasSubstr("\"kind\":\"mail\""));
    EXPECT_EQ(program.stop(), 0);
    std::filesystem::remove_all(folder);
}

TEST(LoopbackProgram, RefusesWhatItDoesNotUnderstand) {
    EXPECT_EQ(Program({"--fault", "smtp MAIL explode"}).wait(), 1);
    EXPECT_EQ(Program({"--account", "only-an-address"}).wait(), 1);
    EXPECT_EQ(Program({"--delay", "soon"}).wait(), 1);
    EXPECT_NE(Program({"--no-such-option"}).wait(), 0);
}

}  // namespace
}  // namespace mailprobed::testing
