// SPDX-License-Identifier: Apache-2.0
// A bound socket that never listens, and one whose queue of connections is full.
#include "tests/e2e/monitor/dead_ports.hpp"

#include <netinet/in.h>
#include <poll.h>
#include <stdexcept>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>

namespace mailprobed::test {
namespace {

constexpr int kFilling = 8;
constexpr int kSilenceMs = 300;

int need(int result, const char* what) {
    if (result < 0) throw std::system_error(errno, std::generic_category(), what);
    return result;
}

sockaddr_in loopback_address(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    return address;
}

int bound_socket(std::uint16_t& port) {
    const int fd = need(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
    sockaddr_in address = loopback_address(0);
    socklen_t size = sizeof address;
    need(::bind(fd, reinterpret_cast<const sockaddr*>(&address), size), "bind");
    need(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size), "getsockname");
    port = ntohs(address.sin_port);
    return fd;
}

}  // namespace

DeadPort::DeadPort() : socket_(bound_socket(port_)) {}

DeadPort::~DeadPort() {
    ::close(socket_);
}

DeafPort::DeafPort() : listener_(bound_socket(port_)) {
    need(::listen(listener_, 0), "listen");
    const sockaddr_in address = loopback_address(port_);
    for (int i = 0; i < kFilling; ++i) {
        constexpr int kType = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
        const int fd = need(::socket(AF_INET, kType, 0), "socket");
        waiting_.push_back(fd);
        ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    }
    pollfd last{waiting_.back(), POLLOUT, 0};
    if (::poll(&last, 1, kSilenceMs) != 0) {
        throw std::runtime_error("a full backlog does not drop SYNs here");
    }
}

DeafPort::~DeafPort() {
    for (const int fd : waiting_)
        ::close(fd);
    ::close(listener_);
}

}  // namespace mailprobed::test
