// SPDX-License-Identifier: Apache-2.0
// Sockets at the lowest level where the kernel's own behaviour is the fault.
#include "tests/e2e/grid/ground.hpp"

#include "tests/e2e/grid/faults.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdexcept>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>

namespace mailprobed::grid {
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

std::string Ground::user(std::size_t cell) {
    return "c" + std::to_string(cell);
}

std::string Ground::password(std::size_t cell) {
    return "secret-of-" + user(cell);
}

std::string Ground::address(std::size_t cell) {
    return "127.1." + std::to_string(cell / 250) + '.' + std::to_string(cell % 250 + 1);
}

Ground::Ground(const std::vector<Cell>& cells) {
    loopback::Options options;
    options.log.level = loopback::LogLevel::none;
    for (std::size_t i = 0; i < cells.size(); ++i) {
        options.accounts.push_back({user(i) + "@test.invalid", user(i), password(i), {}});
    }
    for (std::size_t i = 0; i < cells.size(); ++i) {
        options.tls.certificate = certificate_of(cells[i]);
        auto& server = servers_[options.tls.certificate];
        if (!server) {
            server = std::make_unique<loopback::Server>(options);
            server->start();
        }
        for (loopback::Fault& fault : faults_of(cells[i], address(i)))
            server->add_fault(std::move(fault));
        if (cells[i].side == Side::mailbox) {
            server->inject(user(i), "Subject: one mail\r\n\r\nhello\r\n");
        }
    }
}

const loopback::Server& Ground::server(const Cell& cell) const {
    return *servers_.at(certificate_of(cell));
}

Endpoint Ground::endpoint(const std::vector<Cell>& cells, std::size_t cell) const {
    const Cell& one = cells[cell];
    const loopback::Ports ports = server(one).ports();
    const bool implicit = one.tls == TlsMode::implicit;
    Endpoint result;
    result.host = one.stage == "resolve" ? one.kind + ".invalid" : "127.0.0.1";
    if (one.kind == "hung_name") result.host = "hung.invalid";
    result.port = one.side == Side::sending ? (implicit ? ports.smtps : ports.smtp)
                                            : (implicit ? ports.pop3s : ports.pop3);
    if (one.kind == "refused") result.port = dead_.number();
    if (one.kind == "syn_dropped") result.port = deaf_.number();
    result.tls = one.tls;
    if (one.tls != TlsMode::none) result.ca_file = server(one).ca_file();
    // From an IPv6 address there is no way to an IPv4 one.
    result.source_address = one.kind == "unreachable" ? "::1" : address(cell);
    return result;
}

LookupFunction Ground::names() {
    return [hanging = hanging_](const std::string& host, IpFamily family) mutable -> HostLookup {
        if (host == "no_such_name.invalid") return {{}, EAI_NONAME};
        if (host == "empty_name.invalid") return {{}, 0};
        if (host == "name_error.invalid") return {{}, EAI_AGAIN};
        return hanging(host, family);
    };
}

std::size_t Ground::mails(const Cell& cell, std::size_t number) const {
    return server(cell).mailbox(user(number)).size();
}

bool Ground::struck(const Cell& cell, std::size_t number) const {
    for (const loopback::Fault& fault : faults_of(cell, address(number))) {
        if (server(cell).fault_count(fault.name) == 0) return false;
    }
    return true;
}

}  // namespace mailprobed::grid
