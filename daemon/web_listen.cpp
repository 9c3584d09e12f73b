// SPDX-License-Identifier: Apache-2.0
// Binding with error messages that say what to do.
#include "daemon/web_listen.hpp"

#include "daemon/listen_address.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/error_code.hpp>

#include <string_view>

namespace mailprobed {

namespace {

using tcp = asio::ip::tcp;
using ErrorCode = boost::system::error_code;

constexpr std::string_view kOverloaded =
    "HTTP/1.1 503 Service Unavailable\r\n"
    "Content-Type: text/plain; charset=utf-8\r\n"
    "Content-Length: 21\r\n"
    "Connection: close\r\n\r\n"
    "too many connections\n";

std::string advice(const ErrorCode& error, const ListenAddress& address) {
    if (error == asio::error::address_in_use) {
        return "another program, perhaps another mailprobed, listens there: stop it or set "
               "web.listen to a free port";
    }
    if (error == asio::error::access_denied) {
        return "ports below 1024 need the capability CAP_NET_BIND_SERVICE: set web.listen to a "
               "port above";
    }
    if (error == asio::error::host_not_found || error == asio::error::host_not_found_try_again) {
        return "the name " + address.host + " has no address: set web.listen to an IP address";
    }
    return "set web.listen to an address of this machine, such as 127.0.0.1:10995";
}

[[noreturn]] void fail(const ErrorCode& error, const ListenAddress& address) {
    throw ListenError("cannot listen on " + to_string(address) + ": " + error.message() + "; " +
                      advice(error, address));
}

}  // namespace

Acceptor listen_on(const Executor& executor, const std::string& listen) {
    const auto address = parse_listen_address(listen);
    if (!address) {
        throw ListenError("cannot listen on \"" + listen +
                          "\": expected host:port, such as 127.0.0.1:10995 or [::1]:10995; set "
                          "web.listen");
    }
    ErrorCode error;
    asio::ip::basic_resolver<tcp, Executor> resolver(executor);
    const auto found =
        resolver.resolve(address->host, std::to_string(address->port),
                         tcp::resolver::passive | tcp::resolver::numeric_service, error);
    if (error) fail(error, *address);
    const tcp::endpoint endpoint = found.begin()->endpoint();
    Acceptor acceptor(executor);
    const auto check = [&error, &address] {
        if (error) fail(error, *address);
    };
    acceptor.open(endpoint.protocol(), error);
    check();
    acceptor.set_option(tcp::acceptor::reuse_address(true), error);
    check();
    acceptor.bind(endpoint, error);
    check();
    acceptor.listen(tcp::acceptor::max_listen_connections, error);
    check();
    return acceptor;
}

void refuse(TcpSocket& socket) {
    ErrorCode ignored;
    socket.non_blocking(true, ignored);
    socket.send(asio::buffer(kOverloaded.data(), kOverloaded.size()), 0, ignored);
    socket.shutdown(tcp::socket::shutdown_send, ignored);
    socket.close(ignored);
}

}  // namespace mailprobed
