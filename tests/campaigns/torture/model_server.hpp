// SPDX-License-Identifier: Apache-2.0
// The POP3 server of a model: a channel that answers without sockets, in the model's time.
#pragma once

#include "probes/net/channel.hpp"
#include "tests/campaigns/torture/model_world.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mailprobed::model {

/// One session.
class ServerChannel final : public Channel {
  public:
    explicit ServerChannel(World& world);

    void expect_by(Instant deadline) override { deadline_ = deadline; }
    [[nodiscard]] Instant now() const override { return world_.now(); }
    Awaitable<void> resolve() override;
    Awaitable<void> connect() override;
    Awaitable<void> handshake() override { co_return; }
    Awaitable<std::size_t> read(std::span<char> buffer) override;
    Awaitable<void> write(std::string_view bytes) override;
    void close() noexcept override { closed_ = true; }
    [[nodiscard]] std::string address_literal() const override { return "[127.0.0.1]"; }
    [[nodiscard]] IpFamily family() const override { return IpFamily::v4; }
    [[nodiscard]] std::optional<TlsFacts> tls_facts() const override { return std::nullopt; }

  private:
    void take_snapshot();
    void answer(std::string_view line);
    void stat();
    void list(bool uidl, std::size_t number);
    void show(std::size_t number, bool top);
    void quit();
    [[nodiscard]] std::string uid_of(std::size_t number) const;
    [[nodiscard]] std::uint64_t size_of(std::size_t number);
    [[nodiscard]] bool listed(std::size_t number) const;

    World& world_;
    Instant deadline_ = Instant::max();
    std::optional<std::vector<Message>> snapshot_;
    std::vector<bool> omitted_;
    std::vector<std::uint64_t> marked_;
    std::string out_;
    std::string in_;
    bool stat_zero_, swaps_, loses_quit_, keeps_deleted_, lists_ids_, lags_, twice_;
    std::size_t answers_left_;
    bool over_ = false;
    bool closed_ = false;
};

}  // namespace mailprobed::model
