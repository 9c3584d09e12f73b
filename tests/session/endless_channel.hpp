// SPDX-License-Identifier: Apache-2.0
// A server that answers politely up to one command, and then never stops talking.
#pragma once

#include "probes/net/channel.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace mailprobed::script {

/// What a server says to one line.
struct Words {
    std::string once;
    /// Said again and again after `once`, without end.
    std::string forever;
};

/// Answers each line that the client writes; the empty line is the connection itself.
using LineServer = std::function<Words(std::string_view line)>;

/// A polite SMTP server that answers `words` to the step `at`: "" (greeting), EHLO, STARTTLS, AUTH,
/// "SASL" (a line of a login), MAIL, RCPT, DATA, DOT or QUIT.
[[nodiscard]] LineServer smtp_server(std::string at, Words words);
/// The same for POP3; RETR and TOP give a short mail, UIDL one entry.
[[nodiscard]] LineServer pop3_server(std::string at, Words words);

/// Plays a LineServer, with a clock of its own.
class EndlessChannel final : public Channel {
  public:
    /// Each read takes `each` and gives `chunk` octets at most.
    explicit EndlessChannel(LineServer server, Duration each = std::chrono::milliseconds{1},
                            std::size_t chunk = 1U << 20U);

    /// Where the clock starts.
    static constexpr Instant kStart{std::chrono::seconds{1000}};

    void expect_by(Instant deadline) override { deadline_ = deadline; }
    [[nodiscard]] Instant now() const override { return now_; }
    Awaitable<void> resolve() override { co_return; }
    Awaitable<void> connect() override;
    Awaitable<void> handshake() override { co_return; }
    Awaitable<std::size_t> read(std::span<char> buffer) override;
    Awaitable<void> write(std::string_view bytes) override;
    void close() noexcept override {}
    [[nodiscard]] std::string address_literal() const override { return "[127.0.0.1]"; }
    [[nodiscard]] IpFamily family() const override { return IpFamily::v4; }
    [[nodiscard]] std::optional<TlsFacts> tls_facts() const override { return std::nullopt; }

    /// Octets that the client took.
    [[nodiscard]] std::size_t octets() const noexcept { return octets_; }
    /// Everything that the client wrote.
    [[nodiscard]] const std::string& written() const noexcept { return written_; }
    /// What passed on the clock.
    [[nodiscard]] Duration elapsed() const noexcept { return now_ - kStart; }

  private:
    void say(const Words& words);

    LineServer server_;
    Duration each_;
    std::size_t chunk_;
    Instant now_ = kStart;
    Instant deadline_ = Instant::max();
    std::string pending_;
    std::size_t given_ = 0;
    std::string forever_;
    std::size_t round_ = 0;
    std::size_t octets_ = 0;
    std::string written_;
    std::string line_;
};

}  // namespace mailprobed::script
