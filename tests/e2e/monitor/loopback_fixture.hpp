// SPDX-License-Identifier: Apache-2.0
// What the tests of the loopback server have in common: a server, two users, short dialogues.
#pragma once

#include "tests/e2e/monitor/raw_client.hpp"
#include "tests/loopback/server.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace mailprobed::testing {

inline constexpr std::string_view kAlice = "alice@test.invalid";
inline constexpr std::string_view kBob = "bob@test.invalid";
inline constexpr auto kSoon = std::chrono::milliseconds(5000);

/// Lower-case hex digits.
std::string hex(const unsigned char* bytes, unsigned int size);
/// Base64 by OpenSSL, to hold the server's own against.
std::string openssl_base64(const std::string& text);
std::string openssl_unbase64(const std::string& text);

/// A started server, SMTP without login unless a test switches it on.
class LoopbackTest : public ::testing::Test {
  protected:
    LoopbackTest() {
        options_.accounts = {{std::string(kAlice), "alice", "won der:land", {"alias@test.invalid"}},
                             {std::string(kBob), "bob", "builder", {}}};
        options_.smtp.require_auth = false;
    }

    void start() {
        server_ = std::make_unique<loopback::Server>(options_);
        server_->start();
    }
    void start(std::string_view fault) {
        start();
        server_->add_fault(loopback::parse_fault(fault));
    }

    /// Greeted and EHLO said.
    std::unique_ptr<RawClient> smtp(const std::string& source = "127.0.0.1") {
        auto client = std::make_unique<RawClient>(server_->ports().smtp, source);
        client->reply();
        client->ask("EHLO client.invalid");
        return client;
    }
    /// Up to and with the reply to the dot.
    static std::string submit(RawClient& client, std::string_view recipient,
                              std::string_view message) {
        client.ask("MAIL FROM:<" + std::string(kBob) + ">");
        const auto refused = client.ask("RCPT TO:<" + std::string(recipient) + ">");
        if (!refused.starts_with("250")) return refused;
        const auto ready = client.ask("DATA");
        if (!ready.starts_with("354")) return ready;
        client.send(message);
        return client.ask(".");
    }
    /// A whole submission; the reply to the dot.
    std::string submit(std::string_view recipient, std::string_view message = kMessage) {
        auto client = smtp();
        auto answer = submit(*client, recipient, message);
        client->ask("QUIT");
        return answer;
    }
    /// Greeted and logged in, or not; `answer` is the reply to PASS.
    std::unique_ptr<RawClient> pop3(std::string* answer = nullptr, std::string_view user = "alice",
                                    std::string_view password = "won der:land") {
        auto client = std::make_unique<RawClient>(server_->ports().pop3);
        client->reply();
        client->ask("USER " + std::string(user));
        const auto reply = client->ask("PASS " + std::string(password));
        if (answer != nullptr) *answer = reply;
        return client;
    }
    /// The first event of this kind.
    std::optional<loopback::Event> await(loopback::EventKind kind,
                                         std::chrono::milliseconds timeout = kSoon) {
        return server_->wait_for([kind](const auto& event) { return event.kind == kind; }, timeout);
    }

    static constexpr std::string_view kMessage =
        "From: <bob@test.invalid>\r\nX-Mailprobed-Tag: abc\r\n def\r\n"
        "message-id: <1@test.invalid>\r\n\r\nhello\r\n";

    loopback::Options options_;
    std::unique_ptr<loopback::Server> server_;
};

}  // namespace mailprobed::testing
