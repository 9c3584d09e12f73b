// SPDX-License-Identifier: Apache-2.0
// Sockets of the web server before there is a conversation.
#pragma once

#include "probes/net/awaitable.hpp"
#include "probes/net/boot_clock.hpp"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <functional>
#include <string>

namespace mailprobed {

/// A listening TCP socket.
using Acceptor = asio::basic_socket_acceptor<asio::ip::tcp, Executor>;
/// A connected TCP socket.
using TcpSocket = asio::basic_stream_socket<asio::ip::tcp, Executor>;

/// Binds to `listen`, "host:port" (a name takes its first address), and listens; throws
/// ListenError. Blocks while a name is looked up: for start-up only.
[[nodiscard]] Acceptor listen_on(const Executor& executor, const std::string& listen);

/// Takes over a listening TCP socket; throws ListenError.
[[nodiscard]] Acceptor adopt(const Executor& executor, int socket);

/// Hands every connection to `serve`, until the acceptor is closed; `pause` is for its use alone.
[[nodiscard]] Awaitable<void> accept_all(Acceptor& acceptor, BootTimer& pause,
                                         std::function<void(TcpSocket)> serve);

/// Tells a client over the limit so, if that is possible without waiting, and closes.
void refuse(TcpSocket& socket);

}  // namespace mailprobed
