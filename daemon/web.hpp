// SPDX-License-Identifier: Apache-2.0
// A small HTTP/1.1 server on the daemon's event loop.
#pragma once

#include "daemon/listen_address.hpp"
#include "daemon/web_pages.hpp"
#include "probes/domain/time.hpp"
#include "probes/net/awaitable.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace mailprobed {

/// What one client may use up; tests make it smaller.
struct WebLimits {
    std::size_t connections = 64;
    std::uint32_t header_bytes = 16 * 1024;
    /// From the connection, or from the first byte of a further request, to its end.
    Duration request = std::chrono::seconds{10};
    /// Between two requests of one connection; longer than a usual scrape interval.
    Duration idle = std::chrono::seconds{120};
    /// For writing an answer.
    Duration answer = std::chrono::seconds{30};
};

/// Serves GET and HEAD of /, /style.css, /metrics, /-/healthy, /-/ready and /config. Once started
/// it needs stop() before it is destroyed, unless the event loop runs no more.
class WebServer {
  public:
    /// Binds to `listen`, "host:port"; throws ListenError.
    WebServer(const Executor& executor, const std::string& listen, WebHandlers handlers,
              WebLimits limits = {});
    WebServer(const WebServer&) = delete;
    WebServer& operator=(const WebServer&) = delete;
    ~WebServer();

    /// Begins to accept connections.
    void start();
    /// Ends all connections and returns when none is left.
    Awaitable<void> stop();

    /// Where it listens, with the real port where 0 was asked for.
    [[nodiscard]] const ListenAddress& address() const noexcept;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace mailprobed
