// SPDX-License-Identifier: Apache-2.0
// One visit to a POP3 mailbox (RFC 1939, 2449, 2595, 5034, 3206).
#pragma once

#include "probes/domain/settings/settings.hpp"
#include "probes/net/channel.hpp"
#include "probes/session/mailbox.hpp"
#include "probes/session/trace.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>

namespace mailprobed {

/// Draws a number below `bound`.
using Draw = std::function<std::uint64_t(std::uint64_t bound)>;
/// Unforeseeable numbers: a stranger who knew what verify_step() asks could answer in the server's
/// place.
[[nodiscard]] std::uint64_t draw_at_random(std::uint64_t bound);

/// A POP3 conversation.
class Pop3Session final : public MailboxSession {
  public:
    Pop3Session(Channel& channel, const MailboxSettings& settings, Instant give_up, Trace& trace,
                Draw draw = draw_at_random);
    ~Pop3Session() override;

    Awaitable<void> open() override;
    [[nodiscard]] std::optional<Instant> connect_at() const noexcept override;
    /// The instant before the login command (PASS, AUTH or APOP) was written; nothing if it was
    /// not reached.
    [[nodiscard]] std::optional<Instant> login_at() const noexcept;
    void trust_words(WordTrust trust) noexcept override;
    [[nodiscard]] LoginEnd login_end() const noexcept override;
    /// LOGIN-DELAY (RFC 2449 6.5).
    [[nodiscard]] Duration login_gap() const noexcept override;

    /// STAT.
    Awaitable<std::uint32_t> count() override;
    /// True if the server knows UIDL.
    [[nodiscard]] bool has_ids() const noexcept override;
    /// UIDL, or LIST where there is none.
    Awaitable<void> list(std::function<void(const ListedEntry&)> each) override;
    /// LIST beside UIDL.
    Awaitable<void> sizes(std::function<void(const ListedEntry&)> each) override;
    /// TOP n 1 for each number; RETR with a byte cap where TOP is missing.
    Awaitable<void> headers(std::span<const std::uint32_t> numbers, Pace pace,
                            std::function<void(FetchedMessage&&)> each) override;
    /// RETR n.
    Awaitable<FetchedMessage> retrieve(std::uint32_t number, bool strict = true) override;
    /// The server offers TOP and refuses it for what RETR shows.
    void distrust_headers() noexcept override;
    /// UIDL n, or LIST n.
    Awaitable<bool> verify_step() override;
    [[nodiscard]] bool out_of_step() const noexcept override;
    /// DELE n for each number (RFC 1939 6: they go with QUIT).
    Awaitable<Removal> remove(std::span<const std::uint32_t> numbers, Instant until) override;
    /// QUIT.
    Awaitable<Farewell> close() override;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace mailprobed
