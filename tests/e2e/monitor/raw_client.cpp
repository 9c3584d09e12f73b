// SPDX-License-Identifier: Apache-2.0
// Plain POSIX sockets and plain OpenSSL.
#include "tests/e2e/monitor/raw_client.hpp"

#include <openssl/x509_vfy.h>

#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace mailprobed::testing {
namespace {

sockaddr_in endpoint(const std::string& address, std::uint16_t port) {
    sockaddr_in result{};
    result.sin_family = AF_INET;
    result.sin_port = htons(port);
    inet_pton(AF_INET, address.c_str(), &result.sin_addr);
    return result;
}

}  // namespace

RawClient::RawClient(std::uint16_t port, const std::string& source) {
    socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const auto from = endpoint(source, 0);
    const auto to = endpoint("127.0.0.1", port);
    const int on = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (::bind(socket_, reinterpret_cast<const sockaddr*>(&from), sizeof from) != 0 ||
        ::connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) {
        const std::string why = std::strerror(errno);
        ::close(socket_);
        throw std::runtime_error(why);
    }
    read_timeout(std::chrono::seconds(5));
}

RawClient::~RawClient() {
    close();
}

std::string RawClient::secure(const std::string& ca_file, const std::string& host) {
    context_.reset(SSL_CTX_new(TLS_client_method()));
    SSL_CTX_set_security_level(context_.get(), 0);
    SSL_CTX_set_min_proto_version(context_.get(), TLS1_VERSION);
    SSL_CTX_load_verify_locations(context_.get(), ca_file.c_str(), nullptr);
    SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
    tls_.reset(SSL_new(context_.get()));
    SSL_set1_host(tls_.get(), host.c_str());
    // The macro for this has a cast that g++ warns of.
    SSL_ctrl(tls_.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
             const_cast<char*>(host.c_str()));
    SSL_set_fd(tls_.get(), socket_);
    if (SSL_connect(tls_.get()) == 1) return {};
    const auto verdict = SSL_get_verify_result(tls_.get());
    return verdict == X509_V_OK ? "handshake" : X509_verify_cert_error_string(verdict);
}

std::string RawClient::tls_version() const {
    return SSL_get_version(tls_.get());
}

void RawClient::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const auto size = static_cast<int>(bytes.size());
        const auto sent = tls_ ? SSL_write(tls_.get(), bytes.data(), size)
                               : ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
}

bool RawClient::fill() {
    std::array<char, 65536> buffer;
    errno = 0;
    const auto got = tls_ ? SSL_read(tls_.get(), buffer.data(), static_cast<int>(buffer.size()))
                          : ::recv(socket_, buffer.data(), buffer.size(), 0);
    if (got > 0) {
        input_.append(buffer.data(), static_cast<std::size_t>(got));
        return true;
    }
    const int error = errno;
    if (error == EAGAIN)
        trouble_ = "<timeout>";
    else
        trouble_ = error == ECONNRESET ? "<reset>" : "<eof>";
    return false;
}

std::string RawClient::line() {
    for (;;) {
        const auto end = input_.find('\n');
        if (end != std::string::npos) {
            auto line = input_.substr(0, end);
            input_.erase(0, end + 1);
            if (line.ends_with('\r')) line.pop_back();
            return line;
        }
        if (!fill()) return trouble_;
    }
}

std::string RawClient::reply() {
    std::string all = line();
    for (auto last = all; last.size() > 3 && last[3] == '-' && last.front() != '-';) {
        last = line();
        all += '|' + last;
    }
    return all;
}

std::string RawClient::lines() {
    std::string all = line();
    if (!all.starts_with("+OK")) return all;
    for (;;) {
        const auto next = line();
        if (next == ".") return all;
        all += '|' + next;
        if (!trouble_.empty()) return all;
    }
}

std::string RawClient::ask(std::string_view command) {
    send(std::string(command) + "\r\n");
    return reply();
}

std::string RawClient::ask_lines(std::string_view command) {
    send(std::string(command) + "\r\n");
    return lines();
}

std::string RawClient::bytes() {
    if (input_.empty() && !fill()) return trouble_;
    return std::exchange(input_, {});
}

void RawClient::read_timeout(std::chrono::milliseconds timeout) {
    timeval time{};
    time.tv_sec = timeout.count() / 1000;
    time.tv_usec = timeout.count() % 1000 * 1000;
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
}

void RawClient::close() {
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
}

void RawClient::reset() {
    const linger now{1, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close();
}

}  // namespace mailprobed::testing
