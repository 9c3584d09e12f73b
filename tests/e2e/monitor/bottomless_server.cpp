// SPDX-License-Identifier: Apache-2.0
// Blocking sockets; every answer is sent in pieces of 64 KiB.
#include "tests/e2e/monitor/bottomless_server.hpp"

#include <arpa/inet.h>
#include <cstdlib>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace mailprobed::test {

namespace {

constexpr std::size_t kPiece = 64UL * 1024UL;

}  // namespace

BottomlessServer::BottomlessServer(Maildrop drop) : drop_(std::move(drop)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener_, any, size) != 0 || ::listen(listener_, 8) != 0 ||
        ::getsockname(listener_, any, &size) != 0) {
        throw std::runtime_error("cannot listen on 127.0.0.1");
    }
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
}

BottomlessServer::~BottomlessServer() {
    over_ = true;
    ::shutdown(listener_, SHUT_RDWR);
    const int client = client_;
    if (client >= 0) ::shutdown(client, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
}

void BottomlessServer::serve() {
    while (!over_) {
        const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (client < 0) continue;
        const int on = 1;
        ::setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        client_ = client;
        // The destructor may have come too early to see it.
        if (!over_) converse(client);
        client_ = -1;
        ::close(client);
    }
}

void BottomlessServer::converse(int client) {
    if (!send_all(client, "+OK bottomless\r\n")) return;
    std::string input;
    for (;;) {
        const std::size_t end = input.find("\r\n");
        if (end != std::string::npos) {
            const std::string line = input.substr(0, end);
            input.erase(0, end + 2);
            sent_ = 0;
            const bool goes_on = answer(client, line);
            if (sent_ > longest_) longest_ = sent_;
            if (!goes_on) return;
            continue;
        }
        char buffer[4096];
        const ssize_t size = ::recv(client, buffer, sizeof buffer, 0);
        if (size <= 0) return;
        input.append(buffer, static_cast<std::size_t>(size));
    }
}

bool BottomlessServer::answer(int client, std::string_view line) {
    const std::string_view word = line.substr(0, 4);
    const auto number = [&] {
        return static_cast<std::uint32_t>(
            std::strtoul(std::string(line.substr(4)).c_str(), nullptr, 10));
    };
    if (word == "CAPA") {
        return send_all(client, drop_.top ? "+OK\r\nTOP\r\nUIDL\r\nUSER\r\nPIPELINING\r\n.\r\n"
                                          : "+OK\r\nUIDL\r\nUSER\r\n.\r\n");
    }
    if (word == "STAT") {
        return send_all(client, "+OK " + std::to_string(drop_.mails) + " " +
                                    std::to_string(drop_.mails * drop_.announced) + "\r\n");
    }
    if (word == "UIDL" && number() != 0) {
        const std::string n = std::to_string(number());
        return send_all(client, "+OK " + n + " u" + n + "\r\n");
    }
    if (word == "UIDL" || word == "LIST") return list(client, word == "UIDL");
    if (word == "TOP " && drop_.top) return mail(client, number(), false);
    if (word == "RETR") return mail(client, number(), true);
    if (word == "DELE") ++deletions_;
    const bool known = word == "USER" || word == "PASS" || word == "DELE" || word == "QUIT";
    const bool sent = send_all(client, known ? "+OK\r\n" : "-ERR what\r\n");
    return sent && word != "QUIT";
}

bool BottomlessServer::list(int client, bool uidl) {
    std::string text = "+OK\r\n";
    for (std::uint32_t i = 1; i <= drop_.mails; ++i) {
        text += std::to_string(i) +
                (uidl ? " u" + std::to_string(i) : " " + std::to_string(drop_.announced)) + "\r\n";
        if (text.size() < kPiece) continue;
        if (!send_all(client, text)) return false;
        text.clear();
    }
    if (!send_all(client, text + ".\r\n")) return false;
    ++listings_;
    return true;
}

bool BottomlessServer::mail(int client, std::uint32_t number, bool whole) {
    if (!send_all(client, "+OK\r\n")) return false;
    if (!stream(client, "X-A: " + std::string(900, 'a') + "\r\n", drop_.fields)) return false;
    if (!send_all(client, drop_.header(number))) return false;
    if (!stream(client, std::string(76, 'b') + "\r\n", whole ? drop_.body : 0)) return false;
    return send_all(client, ".\r\n");
}

bool BottomlessServer::stream(int client, const std::string& line, std::uint64_t octets) {
    std::string piece;
    while (octets > 0 && piece.size() < kPiece)
        piece += line;
    for (std::uint64_t sent = 0; sent < octets; sent += piece.size()) {
        if (!send_all(client, piece)) return false;
    }
    return true;
}

bool BottomlessServer::send_all(int client, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t size = ::send(client, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (size <= 0) return false;
        sent_ += static_cast<std::uint64_t>(size);
        bytes.remove_prefix(static_cast<std::size_t>(size));
    }
    return true;
}

}  // namespace mailprobed::test
