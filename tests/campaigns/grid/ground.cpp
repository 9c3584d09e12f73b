// SPDX-License-Identifier: Apache-2.0
// Everything that a cell may need is there before the first one is tried.
#include "tests/campaigns/grid/ground.hpp"

#include "tests/campaigns/grid/faults.hpp"

#include <netdb.h>

namespace mailprobed::grid {

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
