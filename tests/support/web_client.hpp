// SPDX-License-Identifier: Apache-2.0
// A blocking HTTP client for tests that is nothing but a socket, and a web server to talk to.
#pragma once

#include "daemon/api/routes.hpp"
#include "daemon/http/server.hpp"

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <thread>

namespace mailprobed::daemon_test {

/// One parsed answer.
struct Answer {
    int status = 0;
    /// Names in lower case.
    std::map<std::string, std::string> fields;
    std::string body;
};

/// A raw TCP connection to a loopback port; reads give up after 10 s.
class Connection {
  public:
    explicit Connection(const ListenAddress& address);
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    ~Connection();

    void write(const std::string& bytes);
    /// Everything up to the end of the stream; a reset ends it, too.
    std::string read_to_end();
    /// One answer; its body has Content-Length bytes, none if `head`.
    Answer read_answer(bool head = false);
    /// Writes a request without body for `target` and reads its answer.
    Answer request(const std::string& method, const std::string& target);

  private:
    bool fill();

    int socket_;
    std::string buffer_;
};

/// A web server on an event loop of its own thread; the destructor stops both.
class RunningWeb {
  public:
    explicit RunningWeb(WebHandlers handlers, WebLimits limits = {},
                        const WebSetup& setup = {{"127.0.0.1:0"}});
    ~RunningWeb();
    /// Stops the server and waits until its event loop has nothing left to do.
    void stop();
    [[nodiscard]] const ListenAddress& address() const { return web_->address(); }
    [[nodiscard]] std::vector<ListenAddress> addresses() const { return web_->addresses(); }
    /// One request on a connection of its own.
    [[nodiscard]] Answer get(const std::string& target) const;

  private:
    asio::io_context loop_{1};
    std::unique_ptr<WebServer> web_;
    std::thread thread_;
};

}  // namespace mailprobed::daemon_test
