// SPDX-License-Identifier: Apache-2.0
// B3.2, B3.3: whatever a payload holds arrives as the data of exactly one mail, or is refused
// before anybody is contacted (SMTP smuggling, CVE-2023-51764 to 51766).
#include "probes/domain/identity/message.hpp"
#include "probes/net/socket_channel.hpp"
#include "probes/net/task_group.hpp"
#include "probes/session/smtp/session.hpp"
#include "tests/e2e/monitor/monitor_run.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace mailprobed::test {
namespace {

using std::chrono::seconds;

class Deaf final : public SendListener {
    void connecting(Instant /*at*/) override {}
    void handed(Instant /*at*/) override {}
    void accepted(Instant /*at*/, std::string_view /*reply*/) override {}
};

// Owns the channel, whose watchdog would keep the loop running.
Awaitable<void> submit(std::unique_ptr<Channel> channel, const SmtpSettings& settings,
                       const std::string& message) {
    const Envelope envelope{"alice@test.invalid", "alice@test.invalid", message};
    Deaf listener;
    Trace trace;
    const Instant give_up = channel->now() + seconds{20};
    co_await send_mail(*channel, settings, envelope, give_up, listener, trace);
}

class Smuggling : public testing::Test {
  protected:
    Smuggling() : server(options()) {
        server.start();
        settings = *settings_for(server, {"alice"}).accounts[0].smtp;
    }
    static loopback::Options options() {
        loopback::Options result;
        result.accounts = accounts_for({"alice"});
        return result;
    }

    /// "accepted" or why it was not.
    std::string send(const std::string& message) {
        asio::io_context io(1);
        Connector connector(io.get_executor());
        std::string outcome = "accepted";
        TaskGroup tasks(io.get_executor(), [&](const std::exception_ptr& error) {
            try {
                std::rethrow_exception(error);
            } catch (const Failure& failure) {
                outcome = to_string(failure.stage());
                outcome.append(":").append(to_string(failure.cause()));
            }
        });
        tasks.spawn(submit(connector.make(settings.server), settings, message));
        io.run();
        return outcome;
    }
    /// Sends; expects that what may be sent arrives octet for octet as one mail, and that nobody
    /// hears of the rest. True if it was sent.
    bool expect_data(const std::string& message) {
        const std::size_t from = server.event_count();
        const std::string outcome = send(message);
        if (outcome != "accepted") {
            EXPECT_EQ(outcome, "data:internal");
            EXPECT_EQ(server.event_count(), from) << "nobody was contacted";
            return false;
        }
        // Also sees the end of this session, so that the next one begins with a count of its own.
        std::vector<std::string> commands;
        const auto closed = server.wait_for(
            [&](const loopback::Event& event) {
                if (event.kind == loopback::EventKind::command) commands.push_back(event.detail);
                return event.kind == loopback::EventKind::close;
            },
            seconds{20}, from);
        EXPECT_TRUE(closed);
        EXPECT_EQ(std::ranges::count(commands, "MAIL"), 1);
        EXPECT_EQ(std::ranges::count(commands, "RCPT"), 1);
        EXPECT_EQ(std::ranges::count(commands, "DATA"), 1);
        EXPECT_EQ(std::ranges::count(commands, "?"), 0);
        const std::vector<loopback::StoredMail> mails = server.mailbox("alice");
        EXPECT_EQ(mails.size(), 1U);
        if (mails.size() == 1) {
            const std::string& raw = mails[0].raw;
            // Behind the Return-Path and Received of the delivery.
            const std::size_t trace = raw.find("\r\n", raw.find("Received:"));
            EXPECT_TRUE(raw.ends_with(message)) << raw;
            EXPECT_LE(raw.size() - message.size(), trace + 200) << raw;
        }
        server.clear_mailbox("alice");
        return true;
    }

    loopback::Server server;
    SmtpSettings settings;
};

// A lone dot that servers may take for the end of the data, and a second mail behind it.
TEST_F(Smuggling, B3_3_NoSequenceEndsTheDataEarly) {
    const std::string head = "Subject: smuggled\r\n\r\nbody";
    const std::string second =
        "MAIL FROM:<evil@test.invalid>\r\nRCPT TO:<alice@test.invalid>\r\nDATA\r\nx\r\n";
    int sent = 0;
    int refused = 0;
    const std::string ends[] = {"\n", "\r", "\r\n", "\n\r", "\r\r\n", "\r\n\n", ""};
    for (const std::string& before : ends) {
        for (const std::string& dots :
             {std::string("."), std::string(".."), std::string(".\0", 2)}) {
            for (const std::string& after : ends) {
                const std::string message = head + before + dots + after + second + ".\r\n";
                const bool left = expect_data(message);
                ++(left ? sent : refused);
                const bool clean = (before == "\r\n" || before.empty()) &&
                                   (after == "\r\n" || after.empty()) && dots.size() < 3 &&
                                   dots.find('\0') == std::string::npos;
                EXPECT_EQ(left, clean);
            }
        }
    }
    EXPECT_EQ(sent, 8);
    EXPECT_EQ(refused, 139);
}

TEST_F(Smuggling, B3_2_RandomBodiesBehindOurOwnHeaderArriveAsTheyAre) {
    const std::vector<std::pair<std::string, std::string>> headers{{"X-Team", ". MAIL FROM:<>"}};
    MessageParts parts;
    parts.probe = "p";
    parts.instance = "i";
    parts.from = parts.to = "alice@test.invalid";
    const std::string tag(60, 'a');
    parts.tag = tag;
    parts.id_domain = "test.invalid";
    parts.headers = &headers;
    const std::string composed = compose(parts).text;
    const std::string pieces[] = {"\r\n",     ".",      "\r\n.\r\n", "..",   "a",
                                  "QUIT\r\n", "\r\n..", "\t",        "\x80", "\r\n.\r\nDATA\r\n",
                                  "\n",       "\r"};
    std::mt19937 random(20231218);
    int sent = 0;
    int refused = 0;
    for (int round = 0; round < 300; ++round) {
        std::string body;
        const auto count = random() % 40;
        // Bare line ends are rare, so that most bodies may be sent.
        for (std::size_t i = 0; i < count; ++i) {
            body += pieces[random() % (random() % 20 == 0 ? 12 : 10)];
        }
        ++(expect_data(composed + body + "\r\n") ? sent : refused);
    }
    EXPECT_GT(sent, 50);
    EXPECT_GT(refused, 20);
}

}  // namespace
}  // namespace mailprobed::test
