// SPDX-License-Identifier: Apache-2.0
// A channel that plays the server's side of a script, with a clock of its own.
#pragma once

#include "probes/net/channel.hpp"
#include "tests/session/script.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mailprobed::script {

/// Plays a script. Whatever the client does that the script does not foresee is kept in
/// surprises(); the fault, if any, breaks the channel for good.
class ScriptedChannel final : public Channel {
  public:
    explicit ScriptedChannel(Script script, Fault fault = {});

    /// Where the clock starts.
    static constexpr Instant kStart{std::chrono::seconds{1000}};

    void expect_by(Instant deadline) override { deadline_ = deadline; }
    [[nodiscard]] Instant now() const override { return now_; }
    Awaitable<void> resolve() override;
    Awaitable<void> connect() override;
    Awaitable<void> handshake() override;
    Awaitable<std::size_t> read(std::span<char> buffer) override;
    Awaitable<void> write(std::string_view bytes) override;
    void close() noexcept override { closed_ = true; }
    [[nodiscard]] std::string address_literal() const override { return "[169.254.114.107]"; }
    [[nodiscard]] std::string host_name() const override { return script_.host_name; }
    [[nodiscard]] IpFamily family() const override { return IpFamily::v4; }
    [[nodiscard]] std::optional<TlsFacts> tls_facts() const override;

    /// Everything the client wrote, in order.
    [[nodiscard]] const std::string& written() const noexcept { return written_; }
    /// The deadline in force.
    [[nodiscard]] Instant deadline() const noexcept { return deadline_; }
    /// True if every step was played.
    [[nodiscard]] bool finished() const noexcept { return at_ == script_.steps.size(); }
    [[nodiscard]] bool closed() const noexcept { return closed_; }
    /// What did not go as written.
    [[nodiscard]] const std::vector<std::string>& surprises() const noexcept { return surprises_; }

  private:
    [[nodiscard]] const Step* step(Kind kind) const noexcept;
    void pass(Duration time);
    void next();
    void suffer(std::size_t progress);
    Awaitable<void> plain(Kind kind);

    Script script_;
    Fault fault_;
    std::size_t at_ = 0;
    std::size_t given_ = 0;
    Instant now_ = kStart;
    Instant deadline_ = Instant::max();
    std::optional<Cause> broken_;
    bool encrypted_ = false;
    bool closed_ = false;
    std::string written_;
    std::vector<std::string> surprises_;
};

}  // namespace mailprobed::script
