// SPDX-License-Identifier: Apache-2.0
// A small HTTP/1.1 server on the daemon's event loop, plain or with TLS and logins.
#pragma once

#include "config/load/problem.hpp"
#include "daemon/http/listen_address.hpp"
#include "daemon/http/routes.hpp"
#include "probes/base/time.hpp"
#include "probes/net/awaitable.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace mailprobed {

/// What one client may use up; tests make it smaller.
struct WebLimits {
    std::size_t connections = 64;
    std::uint32_t header_bytes = 16 * 1024;
    /// From the connection, its handshake and the first byte of a further request, each to its end.
    Duration request = std::chrono::seconds{10};
    /// Between two requests of one connection; longer than a usual scrape interval.
    Duration idle = std::chrono::seconds{120};
    /// For writing an answer.
    Duration answer = std::chrono::seconds{30};
    /// How long a connection that was answered keeps its place for sure when others want it.
    Duration patience = std::chrono::seconds{1};
};

/// Where the server listens and what it asks of clients.
struct WebSetup {
    /// Each "host:port".
    std::vector<std::string> listen;
    /// Listening sockets that somebody else has opened; used instead of `listen`, and owned.
    std::vector<int> sockets = {};
    /// The file of --web.config.file; empty: plain HTTP, nobody logs in.
    std::string config_file = {};
    /// Hosts of requests, beside addresses and the names of loopback and `listen`.
    std::vector<std::string> allowed_hosts = {};
    /// Learns of a new file of --web.config.file: taken (no problems) or refused, the old one
    /// staying in force. Called on the event loop.
    std::function<void(const std::vector<ConfigProblem>&)> config_changed = nullptr;
};

/// Serves the routes of a table. Once started it needs stop() before it is destroyed, unless
/// the event loop runs no more.
class WebServer {
  public:
    /// Binds to all addresses; throws ListenError or WebConfigError.
    WebServer(const Executor& executor, const WebSetup& setup, RouteTable routes,
              WebLimits limits = {});
    WebServer(const WebServer&) = delete;
    WebServer& operator=(const WebServer&) = delete;
    ~WebServer();

    /// Begins to accept connections.
    void start();
    /// Ends all connections and returns when none is left.
    Awaitable<void> stop();

    /// Where it listens first, with the real port where 0 was asked for.
    [[nodiscard]] const ListenAddress& address() const noexcept;
    /// All that it listens on, in the order of the setup.
    [[nodiscard]] std::vector<ListenAddress> addresses() const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace mailprobed
