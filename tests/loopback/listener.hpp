// SPDX-License-Identifier: Apache-2.0
// The listening sockets of one service: open, refusing or frozen, always on the same port.
#pragma once

#include "tests/loopback/connection.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace mailprobed::loopback {

/// Listens on one port of several addresses.
class Listener {
  public:
    /// Called with each accepted connection and the client's IP address.
    using Accepted = std::function<void(Socket, std::string)>;

    Listener(asio::io_context& io, Accepted accepted);

    /// Binds and listens; port 0 takes one that is free on all addresses. Throws
    /// std::runtime_error.
    void open(const std::vector<std::string>& addresses, std::uint16_t port);
    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

    /// Stops listening, so that connections are refused; the port stays bound.
    void refuse();
    /// Stops accepting; the kernel still completes connections up to its backlog.
    void freeze();
    /// Listens and accepts again.
    void resume();
    /// Gives the port up.
    void close();

  private:
    void bind(std::uint16_t port);
    void listen();
    void accept(std::size_t index, std::uint64_t generation);

    asio::io_context& io_;
    Accepted accepted_;
    std::vector<asio::ip::address> addresses_;
    std::vector<Acceptor> acceptors_;
    std::uint16_t port_ = 0;
    /// Counts changes of state; an accept of an older one does not go on.
    std::uint64_t generation_ = 0;
    bool listening_ = false;
};

}  // namespace mailprobed::loopback
