// SPDX-License-Identifier: Apache-2.0
// TCP and TLS under one deadline watchdog.
#include "probes/net/socket_channel.hpp"

#include "probes/net/boot_clock.hpp"
#include "probes/net/host_name.hpp"
#include "probes/net/watchdog.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <optional>
#include <vector>

namespace mailprobed {
namespace {

using tcp = asio::ip::tcp;
using Socket = asio::basic_stream_socket<tcp, Executor>;
constexpr auto kAwait = asio::as_tuple(asio::use_awaitable_t<Executor>{});

Cause cause_of(const boost::system::error_code& code) noexcept {
    namespace e = asio::error;
    if (code == e::eof || code == asio::ssl::error::stream_truncated) return Cause::eof;
    if (code == e::connection_refused) return Cause::refused;
    if (code == e::timed_out) return Cause::timeout;
    if (code == e::connection_reset || code == e::broken_pipe || code == e::connection_aborted) {
        return Cause::reset;
    }
    if (code == e::host_unreachable || code == e::network_unreachable || code == e::network_down ||
        code == e::address_family_not_supported ||
        code == boost::system::errc::address_not_available ||
        code == boost::system::errc::permission_denied) {
        return Cause::unreachable;
    }
    // A broken TLS record, or anything the kernel invents: the peer is of no more use.
    return code.category() == e::get_ssl_category() ? Cause::protocol_error : Cause::reset;
}

class SocketChannel final : public Channel {
  public:
    SocketChannel(const Executor& executor, Resolver& resolver, TlsContexts& contexts,
                  const Endpoint& endpoint)
        : resolver_(resolver),
          contexts_(contexts),
          endpoint_(endpoint),
          socket_(executor),
          // Closing, not cancelling: a composed operation between two steps would miss a cancel.
          watchdog_(executor, [this] { close(); }) {}

    void expect_by(Instant deadline) override {
        deadline_ = deadline;
        watchdog_.expect_by(deadline);
    }

    void bounded_by(Instant limit) override { limit_ = limit; }

    [[nodiscard]] Instant now() const override { return BootClock::now(); }

    Awaitable<void> resolve() override {
        addresses_ =
            co_await resolver_.resolve(endpoint_.host, endpoint_.ip_family, deadline_, limit_);
    }

    Awaitable<void> connect() override {
        const Instant all = deadline_;
        std::optional<ChannelError> first_error;
        for (std::size_t i = 0; i < addresses_.size(); ++i) {
            // Each address gets its part of the time, or a dead first one would hide the others.
            const Instant now = BootClock::now();
            watchdog_.expect_by(now + (all - now) / static_cast<long>(addresses_.size() - i));
            const auto error = co_await connect_to(addresses_[i]);
            if (!error) {
                watchdog_.expect_by(all);
                co_return;
            }
            if (!first_error) first_error = *error;
        }
        throw ChannelError(first_error ? *first_error
                                       : ChannelError(Cause::internal, "connect before resolve"));
    }

    Awaitable<void> handshake() override {
        boost::system::error_code ignored;
        if (endpoint_.tls == TlsMode::starttls && socket_.available(ignored) > 0) {
            throw ChannelError(Cause::tls_injection, "the server sent plaintext before TLS began");
        }
        tls_.emplace(socket_, contexts_.get(endpoint_));
        SSL* ssl = tls_->native_handle();
        expect_server(ssl, endpoint_);
        const auto [error] = co_await tls_->async_handshake(asio::ssl::stream_base::client, kAwait);
        if (error) {
            throw_if_not_the_peers(error);
            throw ChannelError(handshake_error(ssl, error));
        }
        facts_ = facts_of(ssl);
    }

    Awaitable<std::size_t> read(std::span<char> buffer) override {
        check_open();
        const auto into = asio::buffer(buffer.data(), buffer.size());
        boost::system::error_code error;
        std::size_t size = 0;
        if (tls_) {
            std::tie(error, size) = co_await tls_->async_read_some(into, kAwait);
        } else {
            std::tie(error, size) = co_await socket_.async_read_some(into, kAwait);
        }
        if (error) throw_error(error);
        co_return size;
    }

    Awaitable<void> write(std::string_view bytes) override {
        check_open();
        const auto from = asio::buffer(bytes.data(), bytes.size());
        boost::system::error_code error;
        std::size_t size = 0;
        if (tls_) {
            std::tie(error, size) = co_await asio::async_write(*tls_, from, kAwait);
        } else {
            // What fits the socket's buffer, as commands do, needs no turn of the event loop.
            size = socket_.write_some(from, error);
            if (error == asio::error::would_block) error.clear();
            if (!error && size < bytes.size()) {
                std::tie(error, size) = co_await asio::async_write(socket_, from + size, kAwait);
            }
        }
        if (error) throw_error(error);
    }

    void close() noexcept override {
        boost::system::error_code ignored;
        socket_.close(ignored);
    }

    [[nodiscard]] std::string address_literal() const override {
        boost::system::error_code error;
        const auto local = socket_.local_endpoint(error);
        if (error) return "[127.0.0.1]";
        const auto address = local.address();
        if (address.is_v4()) return "[" + address.to_string() + "]";
        // A scope id means nothing to the server and is no part of the literal (RFC 5321 4.1.3).
        auto v6 = address.to_v6();
        v6.scope_id(0);
        return "[IPv6:" + v6.to_string() + "]";
    }

    [[nodiscard]] std::string host_name() const override { return known_host_name(); }
    [[nodiscard]] IpFamily family() const override { return family_; }
    [[nodiscard]] std::optional<TlsFacts> tls_facts() const override { return facts_; }

  private:
    Awaitable<std::optional<ChannelError>> connect_to(asio::ip::address address) {
        const tcp::endpoint target(address, endpoint_.port);
        boost::system::error_code error;
        socket_.close(error);
        socket_.open(target.protocol(), error);
        if (!error) socket_.non_blocking(true, error);
        if (!error && !endpoint_.source_address.empty()) {
            const auto source = asio::ip::make_address(endpoint_.source_address, error);
            if (!error) socket_.bind(tcp::endpoint(source, 0), error);
        }
        if (!error) {
            std::tie(error) = co_await socket_.async_connect(target, kAwait);
        }
        if (!error) {
            socket_.set_option(tcp::no_delay(true), error);
            family_ = address.is_v4() ? IpFamily::v4 : IpFamily::v6;
            co_return std::nullopt;
        }
        if (error == asio::error::operation_aborted && !watchdog_.expired()) throw_error(error);
        Cause cause = watchdog_.expired() ? Cause::timeout : cause_of(error);
        // A server that hangs up at once can be faster than the news of the connection.
        const bool hung_up = error == asio::error::connection_reset;
        if (cause == Cause::reset) cause = hung_up ? Cause::refused : Cause::unreachable;
        const std::string why = watchdog_.expired() ? "timed out" : error.message();
        co_return ChannelError(cause, "cannot connect to " + address.to_string() + " port " +
                                          std::to_string(endpoint_.port) + ": " + why);
    }

    void check_open() const {
        if (watchdog_.expired()) throw ChannelError(Cause::timeout, "no time left");
    }

    /// Our own deadline and a cancellation are not the peer's doing.
    void throw_if_not_the_peers(const boost::system::error_code& error) const {
        if (watchdog_.expired())
            throw ChannelError(Cause::timeout, "the server did not answer in time");
        if (error == asio::error::operation_aborted) throw boost::system::system_error(error);
    }

    [[noreturn]] void throw_error(const boost::system::error_code& error) const {
        throw_if_not_the_peers(error);
        const Cause cause = cause_of(error);
        throw ChannelError(
            cause, cause == Cause::eof ? "the server closed the connection" : error.message());
    }

    Resolver& resolver_;
    TlsContexts& contexts_;
    const Endpoint& endpoint_;
    Socket socket_;
    std::optional<asio::ssl::stream<Socket&>> tls_;
    std::vector<asio::ip::address> addresses_;
    std::optional<TlsFacts> facts_;
    Instant deadline_ = Instant::max();
    Instant limit_ = Instant::max();
    IpFamily family_ = IpFamily::any;
    Watchdog watchdog_;
};

}  // namespace

std::unique_ptr<Channel> Connector::make(const Endpoint& endpoint) {
    return std::make_unique<SocketChannel>(executor_, resolver_, contexts_, endpoint);
}

}  // namespace mailprobed
