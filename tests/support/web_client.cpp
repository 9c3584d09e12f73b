// SPDX-License-Identifier: Apache-2.0
// Sockets by hand: the server's HTTP library must not check itself.
#include "tests/support/web_client.hpp"

#include <boost/asio/co_spawn.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cctype>
#include <exception>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

namespace mailprobed::daemon_test {

Connection::Connection(const ListenAddress& address) {
    const bool v6 = address.host.find(':') != std::string::npos;
    socket_ = ::socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    timeval limit{};
    limit.tv_sec = 10;
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    int result = -1;
    if (v6) {
        sockaddr_in6 to{};
        to.sin6_family = AF_INET6;
        to.sin6_port = htons(address.port);
        ::inet_pton(AF_INET6, address.host.c_str(), &to.sin6_addr);
        result = ::connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof to);
    } else {
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_port = htons(address.port);
        ::inet_pton(AF_INET, address.host.c_str(), &to.sin_addr);
        result = ::connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof to);
    }
    EXPECT_EQ(result, 0) << "connect";
}

Connection::~Connection() {
    ::close(socket_);
}

void Connection::write(const std::string& bytes) {
    std::size_t done = 0;
    while (done < bytes.size()) {
        const ssize_t sent =
            ::send(socket_, bytes.data() + done, bytes.size() - done, MSG_NOSIGNAL);
        if (sent <= 0) return;
        done += static_cast<std::size_t>(sent);
    }
}

bool Connection::fill() {
    std::array<char, 65536> chunk;
    const ssize_t got = ::recv(socket_, chunk.data(), chunk.size(), 0);
    EXPECT_FALSE(got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) << "no answer in 10 s";
    if (got <= 0) return false;
    buffer_.append(chunk.data(), static_cast<std::size_t>(got));
    return true;
}

std::string Connection::read_to_end() {
    while (fill()) {
    }
    return std::exchange(buffer_, {});
}

Answer Connection::read_answer(bool head) {
    Answer answer;
    std::size_t end = buffer_.find("\r\n\r\n");
    while (end == std::string::npos) {
        if (!fill()) return answer;
        end = buffer_.find("\r\n\r\n");
    }
    answer.status = std::stoi(buffer_.substr(buffer_.find(' ') + 1));
    for (std::size_t at = buffer_.find("\r\n") + 2; at < end;) {
        const std::size_t stop = buffer_.find("\r\n", at);
        const std::size_t colon = buffer_.find(':', at);
        std::string name = buffer_.substr(at, colon - at);
        std::ranges::transform(name, name.begin(),
                               [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        answer.fields[name] = buffer_.substr(colon + 2, stop - colon - 2);
        at = stop + 2;
    }
    buffer_.erase(0, end + 4);
    const std::size_t size = head ? 0 : std::stoul(answer.fields["content-length"]);
    while (buffer_.size() < size) {
        if (!fill()) return answer;
    }
    answer.body = buffer_.substr(0, size);
    buffer_.erase(0, size);
    return answer;
}

Answer Connection::request(const std::string& method, const std::string& target) {
    write(method + " " + target + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
    return read_answer(method == "HEAD");
}

RunningWeb::RunningWeb(WebHandlers handlers, WebLimits limits, const WebSetup& setup)
    : web_(std::make_unique<WebServer>(loop_.get_executor(), setup, routes_of(std::move(handlers)),
                                       limits)) {
    web_->start();
    thread_ = std::thread([this] { loop_.run(); });
}

void RunningWeb::stop() {
    if (!thread_.joinable()) return;
    asio::co_spawn(loop_, web_->stop(), [](const std::exception_ptr& error) {
        if (error) std::terminate();
    });
    // run() returns when no handler is left: a forgotten coroutine would hang the test here.
    thread_.join();
}

RunningWeb::~RunningWeb() {
    stop();
}

Answer RunningWeb::get(const std::string& target) const {
    Connection connection(address());
    return connection.request("GET", target);
}

}  // namespace mailprobed::daemon_test
