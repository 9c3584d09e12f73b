// SPDX-License-Identifier: Apache-2.0
// Binding with error messages that say what to do.
#include "daemon/http/listen.hpp"

#include "daemon/http/listen_address.hpp"
#include "probes/net/task_group.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>

#include <cerrno>
#include <chrono>
#include <string_view>
#include <sys/socket.h>
#include <utility>

namespace mailprobed {

namespace {

using tcp = asio::ip::tcp;
using ErrorCode = boost::system::error_code;

constexpr asio::use_awaitable_t<Executor> kAwait{};
constexpr auto kTuple = asio::as_tuple(kAwait);
constexpr std::chrono::seconds kAcceptPause{1};

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
    // Each entry of web.listen is its own family's: [::] beside 0.0.0.0 must not clash.
    if (endpoint.protocol() == tcp::v6()) acceptor.set_option(asio::ip::v6_only(true), error);
    check();
    acceptor.bind(endpoint, error);
    check();
    acceptor.listen(tcp::acceptor::max_listen_connections, error);
    check();
    return acceptor;
}

Acceptor adopt(const Executor& executor, int socket) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    Acceptor acceptor(executor);
    ErrorCode error;
    if (::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
        error.assign(errno, boost::system::system_category());
    } else {
        acceptor.assign(address.ss_family == AF_INET6 ? tcp::v6() : tcp::v4(), socket, error);
    }
    if (error) {
        throw ListenError("cannot use the listening socket " + std::to_string(socket) +
                          " that was handed in: " + error.message());
    }
    return acceptor;
}

Awaitable<void> accept_all(Acceptor& acceptor, BootTimer& pause,
                           std::function<void(TcpSocket)> serve) {
    for (;;) {
        auto [error, socket] = co_await acceptor.async_accept(kTuple);
        if (error == asio::error::operation_aborted) co_return;
        if (error) {
            // Mostly no free descriptor: trying again at once would spin.
            co_await sleep_until(pause, BootClock::now() + kAcceptPause);
            continue;
        }
        serve(std::move(socket));
    }
}

void refuse(TcpSocket& socket) {
    ErrorCode ignored;
    socket.non_blocking(true, ignored);
    socket.send(asio::buffer(kOverloaded.data(), kOverloaded.size()), 0, ignored);
    socket.shutdown(tcp::socket::shutdown_send, ignored);
    socket.close(ignored);
}

}  // namespace mailprobed
