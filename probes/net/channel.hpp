// SPDX-License-Identifier: Apache-2.0
// A byte stream to one server, abstract, so that conversations run over sockets or over a script.
#pragma once

#include "probes/base/time.hpp"
#include "probes/domain/outcome/failure.hpp"
#include "probes/domain/settings/settings.hpp"
#include "probes/net/awaitable.hpp"

#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

namespace mailprobed {

/// What went wrong on a channel; the conversation adds the stage and throws Failure.
class ChannelError : public std::runtime_error {
  public:
    ChannelError(Cause cause, const std::string& detail)
        : std::runtime_error(detail), cause_(cause) {}
    /// One of timeout, refused, unreachable, reset, eof, dns_*, tls_*, internal.
    [[nodiscard]] Cause cause() const noexcept { return cause_; }

  private:
    Cause cause_;
};

/// What a finished TLS handshake showed.
struct TlsFacts {
    /// "TLSv1.3"
    std::string version;
    std::string cipher;
    /// The earliest end of validity in the verified chain, Unix time.
    WallTime chain_not_after;
};

/// One connection to one server. Every operation throws ChannelError; cancellation of the
/// coroutine passes through as asio's own error. All operations obey the current deadline.
class Channel {
  public:
    Channel() = default;
    Channel(const Channel&) = delete;
    Channel& operator=(const Channel&) = delete;
    virtual ~Channel() = default;

    /// Moves the deadline of whatever is awaited from now on; passing it throws Cause::timeout.
    virtual void expect_by(Instant deadline) = 0;
    /// Nothing may be awaited beyond `limit`, not even by what waits for its turn and is not blamed
    /// for that; called once, before everything else.
    virtual void bounded_by(Instant /*limit*/) {}
    /// The boot clock (or the script's).
    [[nodiscard]] virtual Instant now() const = 0;

    /// Looks the server's name up.
    virtual Awaitable<void> resolve() = 0;
    /// Connects to the first address that answers, in the resolver's order.
    virtual Awaitable<void> connect() = 0;
    /// Makes the connection a verified TLS one. Throws tls_injection if plaintext bytes are
    /// already waiting in the socket.
    virtual Awaitable<void> handshake() = 0;
    /// Reads at least one byte and at most buffer.size(); end of stream throws eof or reset.
    virtual Awaitable<std::size_t> read(std::span<char> buffer) = 0;
    /// Writes everything.
    virtual Awaitable<void> write(std::string_view bytes) = 0;
    /// Closes at once, without TLS close_notify: QUIT or a failure was the last word. Never throws.
    virtual void close() noexcept = 0;

    /// The local address as an EHLO literal, "[192.0.2.1]" or "[IPv6:2001:db8::1]" (RFC 5321
    /// 4.1.3); valid after connect().
    [[nodiscard]] virtual std::string address_literal() const = 0;
    /// This host's name where it has a domain that others can know; empty: there is none.
    [[nodiscard]] virtual std::string host_name() const { return {}; }
    /// The family in use after connect(): v4 or v6.
    [[nodiscard]] virtual IpFamily family() const = 0;
    /// Facts of the handshake, or nothing.
    [[nodiscard]] virtual std::optional<TlsFacts> tls_facts() const = 0;
};

}  // namespace mailprobed
