// SPDX-License-Identifier: Apache-2.0
// The loopback server's mailboxes: POP3 logins, the lock, UPDATE, and when a mail becomes visible.
#include "tests/e2e/monitor/loopback_fixture.hpp"

#include <gmock/gmock.h>
#include <openssl/evp.h>

#include <array>

namespace mailprobed::testing {
namespace {

using loopback::EventKind;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

TEST_F(LoopbackTest, ApopAndSaslPlainOpenTheMailboxToo) {
    start();
    RawClient client(server_->ports().pop3);
    const auto greeting = client.line();
    const auto stamp = greeting.substr(greeting.find('<')) + "builder";
    std::array<unsigned char, 16> digest{};
    unsigned int size = 0;
    EVP_Digest(stamp.data(), stamp.size(), digest.data(), &size, EVP_md5(), nullptr);
    EXPECT_EQ(client.ask("APOP bob " + hex(digest.data(), size)), "+OK 0 messages");
    EXPECT_EQ(client.ask("USER bob"), "-ERR logged in already");
    RawClient sasl(server_->ports().pop3);
    sasl.line();
    EXPECT_EQ(sasl.ask("AUTH PLAIN"), "+ ");
    EXPECT_EQ(sasl.ask(openssl_base64(std::string("\0alice\0won der:land", 19))), "+OK 0 messages");
    std::string answer;
    pop3(&answer, "alice", "wrong");
    EXPECT_THAT(answer, StartsWith("-ERR [AUTH]"));
    EXPECT_EQ(await(EventKind::login_refused)->text, "credentials");
}

TEST_F(LoopbackTest, SwitchesShapeWhatPop3Offers) {
    options_.pop3.top = options_.pop3.uidl = options_.pop3.apop = options_.pop3.stls = false;
    options_.pop3.auth_plain = options_.pop3.pipelining = false;
    options_.pop3.login_delay = std::chrono::seconds(300);
    start();
    RawClient greeted(server_->ports().pop3);
    EXPECT_EQ(greeted.line(), "+OK POP3 loopback ready");
    EXPECT_THAT(greeted.ask("APOP alice x"), StartsWith("-ERR"));
    auto client = pop3();
    EXPECT_EQ(client->ask_lines("CAPA"),
              "+OK capability list follows|USER|LOGIN-DELAY 300|"
              "RESP-CODES|AUTH-RESP-CODE|EXPIRE NEVER");
    EXPECT_THAT(client->ask("UIDL"), StartsWith("-ERR"));
    EXPECT_THAT(client->ask("TOP 1 0"), StartsWith("-ERR"));
    EXPECT_THAT(client->ask("AUTH PLAIN"), StartsWith("-ERR"));
    client->ask("QUIT");
    std::string answer;
    pop3(&answer);
    EXPECT_THAT(answer, StartsWith("-ERR [LOGIN-DELAY]"));
    options_.pop3.capa = false;
    start();
    EXPECT_THAT(pop3()->ask("CAPA"), StartsWith("-ERR"));
}

TEST_F(LoopbackTest, EveryPop3CommandOfOneWriteIsAnsweredInOrder) {
    start();
    server_->inject("alice", "A: 1\r\n\r\none\r\n.two\r\n", {}, "first");
    server_->inject("alice", "B: 2\r\n\r\nx\r\n", {}, "second");
    auto client = pop3();
    client->send(
        "STAT\r\nLIST\r\nLIST 2\r\nUIDL\r\nUIDL 1\r\nTOP 1 1\r\nTOP 1 0\r\nRETR 1\r\n"
        "DELE 1\r\nRETR 1\r\nLIST 3\r\nUIDL\r\nRSET\r\nSTAT\r\nNOOP\r\nQUIT\r\n");
    EXPECT_EQ(client->line(), "+OK 2 30");
    EXPECT_EQ(client->lines(), "+OK|1 19|2 11");
    EXPECT_EQ(client->line(), "+OK 2 11");
    EXPECT_EQ(client->lines(), "+OK|1 first|2 second");
    EXPECT_EQ(client->line(), "+OK 1 first");
    EXPECT_EQ(client->lines(), "+OK 19 octets|A: 1||one");
    EXPECT_EQ(client->lines(), "+OK 19 octets|A: 1|");
    EXPECT_EQ(client->lines(), "+OK 19 octets|A: 1||one|..two");
    EXPECT_EQ(client->line(), "+OK marked");
    EXPECT_EQ(client->line(), "-ERR no such message");
    EXPECT_EQ(client->line(), "-ERR no such message");
    EXPECT_EQ(client->lines(), "+OK|2 second");
    EXPECT_EQ(client->line(), "+OK");
    EXPECT_EQ(client->line(), "+OK 2 30");
    EXPECT_EQ(client->line(), "+OK");
    EXPECT_EQ(client->line(), "+OK bye");
    EXPECT_EQ(server_->mailbox("alice").size(), 2U);
}

TEST_F(LoopbackTest, DeletionsHoldOnlyAfterQuit) {
    start();
    server_->inject("alice", "A: 1\r\n\r\n");
    auto client = pop3();
    client->ask("DELE 1");
    client->close();
    ASSERT_TRUE(await(EventKind::close));
    EXPECT_EQ(server_->mailbox("alice").size(), 1U);
    client = pop3();
    client->ask("DELE 1");
    client->ask("QUIT");
    EXPECT_EQ(server_->mailbox("alice").size(), 0U);
    const auto deleted = await(EventKind::deleted);
    ASSERT_TRUE(deleted);
    EXPECT_EQ(deleted->mail->id, 1U);
}

TEST_F(LoopbackTest, TheMailboxLockIsExclusiveAndFreeAfterEveryEnd) {
    start();
    std::string answer;
    auto holder = pop3();
    pop3(&answer);
    EXPECT_THAT(answer, StartsWith("-ERR [IN-USE]"));
    EXPECT_FALSE(server_->lock_mailbox("alice"));
    holder->ask("QUIT");
    holder = pop3(&answer);
    EXPECT_THAT(answer, StartsWith("+OK"));
    const auto before = server_->event_count();
    holder->reset();
    ASSERT_TRUE(
        server_->wait_for([](const auto& e) { return e.kind == EventKind::close; }, kSoon, before));
    EXPECT_TRUE(server_->lock_mailbox("alice"));
    pop3(&answer);
    EXPECT_THAT(answer, StartsWith("-ERR [IN-USE]"));
    server_->unlock_mailbox("alice");
    pop3(&answer);
    EXPECT_THAT(answer, StartsWith("+OK"));
}

TEST_F(LoopbackTest, ASessionSeesTheMaildropAsItWasAtItsLogin) {
    start();
    const auto first = server_->inject("alice", "A: 1\r\n\r\n");
    auto client = pop3();
    server_->inject("alice", "B: 2\r\n\r\n");
    EXPECT_EQ(client->ask("STAT").substr(0, 5), "+OK 1");
    EXPECT_TRUE(server_->remove_mail("alice", first));
    EXPECT_THAT(client->ask("RETR 1"), StartsWith("-ERR"));
    client->ask("QUIT");
    EXPECT_EQ(pop3()->ask("STAT").substr(0, 5), "+OK 1");
}

TEST_F(LoopbackTest, AMailIsVisibleFromItsInstantOnAndNotBefore) {
    options_.delay = loopback::DelayModel::fixed(std::chrono::milliseconds(300));
    start();
    submit(kAlice);
    EXPECT_EQ(pop3()->ask("STAT"), "+OK 0 0");
    const auto visible = await(EventKind::visible);
    ASSERT_TRUE(visible);
    EXPECT_EQ(visible->at_ns, visible->mail->visible_ns);
    EXPECT_EQ(visible->at_ns, visible->mail->dot_ns + 300'000'000);
    EXPECT_GE(loopback::boot_now(), visible->at_ns);
    EXPECT_THAT(pop3()->ask("STAT"), StartsWith("+OK 1 "));
}

TEST_F(LoopbackTest, MailsBecomeVisibleInTheOrderOfTheirInstants) {
    start();
    server_->inject("alice", "A: 1\r\n\r\n", std::chrono::milliseconds(250), "late");
    server_->inject("alice", "A: 1\r\n\r\n", std::chrono::milliseconds(50), "soon");
    server_->inject("bob", "A: 1\r\n\r\n", std::chrono::milliseconds(150));
    const auto seen = [](const auto& e) { return e.kind == EventKind::visible; };
    ASSERT_TRUE(server_->wait_for_count(seen, 3, kSoon));
    std::int64_t last = 0;
    for (const auto& event : server_->events()) {
        if (event.kind != EventKind::visible) continue;
        EXPECT_GT(event.at_ns, last);
        last = event.at_ns;
    }
    EXPECT_EQ(pop3()->ask_lines("UIDL"), "+OK|1 soon|2 late");
    server_->renew_uidls("alice");
    server_->wait_for_count([](const auto& e) { return e.kind == EventKind::close; }, 1, kSoon);
    EXPECT_THAT(pop3()->ask_lines("UIDL"), Not(HasSubstr("soon")));
    server_->clear_mailbox("bob");
    EXPECT_TRUE(server_->mailbox("bob").empty());
}

}  // namespace
}  // namespace mailprobed::testing
