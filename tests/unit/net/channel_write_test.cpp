// SPDX-License-Identifier: Apache-2.0
// Writing on a real socket: all of it arrives, however slowly the other side reads, and the
// deadline holds while it does.
#include "probes/net/boot_clock.hpp"
#include "probes/net/socket_channel.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <optional>
#include <string>

namespace mailprobed {
namespace {

using tcp = asio::ip::tcp;
using Socket = asio::basic_stream_socket<tcp, Executor>;
using Acceptor = asio::basic_socket_acceptor<tcp, Executor>;

// More than the kernel's buffers of both sides hold.
constexpr std::size_t kMuch = 32UL * 1024UL * 1024UL;

class ChannelWrite : public testing::Test {
  protected:
    ChannelWrite() : acceptor_(loop_.get_executor(), {asio::ip::address_v4::loopback(), 0}) {
        endpoint_.host = "127.0.0.1";
        endpoint_.port = acceptor_.local_endpoint().port();
        endpoint_.tls = TlsMode::none;
    }

    static Awaitable<void> read_all(Acceptor& acceptor, std::string& into) {
        constexpr auto kAwait = asio::as_tuple(asio::use_awaitable_t<Executor>{});
        auto [error, socket] = co_await acceptor.async_accept(kAwait);
        std::array<char, 65536> buffer;
        while (!error) {
            const auto [ended, size] =
                co_await socket.async_read_some(asio::buffer(buffer), kAwait);
            into.append(buffer.data(), size);
            error = ended;
        }
    }

    static Awaitable<void> never_read(Acceptor& acceptor, std::optional<Socket>& accepted) {
        constexpr auto kAwait = asio::as_tuple(asio::use_awaitable_t<Executor>{});
        auto [error, socket] = co_await acceptor.async_accept(kAwait);
        if (!error) accepted.emplace(std::move(socket));
    }

    static Awaitable<void> send(std::unique_ptr<Channel> channel, Duration time,
                                const std::string& text, std::optional<Cause>& failed) {
        try {
            channel->expect_by(channel->now() + std::chrono::seconds{10});
            co_await channel->resolve();
            co_await channel->connect();
            channel->expect_by(channel->now() + time);
            co_await channel->write(text);
        } catch (const ChannelError& error) {
            failed = error.cause();
        }
        channel->close();
    }

    void start_sending(const std::string& text, Duration time) {
        asio::co_spawn(loop_, send(connector_.make(endpoint_), time, text, failed_),
                       asio::detached);
    }

    asio::io_context loop_;
    Acceptor acceptor_;
    Endpoint endpoint_;
    Connector connector_{loop_.get_executor()};
    std::optional<Cause> failed_;
};

TEST_F(ChannelWrite, WhatExceedsTheSocketsBufferArrivesCompletelyAndInOrder) {
    std::string sent;
    sent.reserve(kMuch);
    for (std::uint32_t i = 0; sent.size() < kMuch; ++i)
        sent += std::to_string(i) + ' ';
    std::string received;
    asio::co_spawn(loop_, read_all(acceptor_, received), asio::detached);
    start_sending(sent, std::chrono::seconds{30});
    loop_.run();
    EXPECT_FALSE(failed_.has_value());
    EXPECT_TRUE(received == sent) << received.size() << " of " << sent.size() << " octets";
}

TEST_F(ChannelWrite, TheDeadlineEndsAWriteThatNobodyReads) {
    const std::string sent(kMuch, 'x');
    std::optional<Socket> accepted;
    asio::co_spawn(loop_, never_read(acceptor_, accepted), asio::detached);
    start_sending(sent, std::chrono::milliseconds{100});
    loop_.run();
    EXPECT_EQ(failed_, Cause::timeout);
}

}  // namespace
}  // namespace mailprobed
