// SPDX-License-Identifier: Apache-2.0
// Binding and accepting; what a connection says is the business of connection.cpp.
#include "daemon/http/server.hpp"

#include "daemon/http/core.hpp"
#include "daemon/http/listen.hpp"
#include "probes/net/boot_clock.hpp"
#include "probes/net/task_group.hpp"

#include <deque>
#include <utility>

namespace mailprobed {

using tcp = asio::ip::tcp;

namespace {

/// IPv4 addresses come as such also from sockets that take both families.
asio::ip::address unmapped(const asio::ip::address& address) {
    if (!address.is_v6() || !address.to_v6().is_v4_mapped()) return address;
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
}

struct Listener {
    explicit Listener(Acceptor from)
        : acceptor(std::move(from)),
          address{acceptor.local_endpoint().address().to_string(),
                  acceptor.local_endpoint().port()},
          pause(acceptor.get_executor()),
          loopback(unmapped(acceptor.local_endpoint().address()).is_loopback()) {}

    Acceptor acceptor;
    ListenAddress address;
    BootTimer pause;
    bool loopback;
};

std::deque<Listener> listeners_of(const Executor& executor, const WebSetup& setup) {
    std::deque<Listener> result;
    for (const int socket : setup.sockets)
        result.emplace_back(adopt(executor, socket));
    if (!result.empty()) return result;
    for (const std::string& listen : setup.listen)
        result.emplace_back(listen_on(executor, listen));
    if (result.empty()) throw ListenError("no address to listen on: set web.listen");
    return result;
}

}  // namespace

struct WebServer::Impl {
    Impl(const Executor& executor, const WebSetup& setup, RouteTable from, WebLimits with)
        : core(std::move(from), with, setup),
          listeners(listeners_of(executor, setup)),
          tasks(executor) {}

    void serve(TcpSocket socket, const Listener& listener);

    WebCore core;
    /// A deque: accept loops hold references.
    std::deque<Listener> listeners;
    TaskGroup tasks;
};

void WebServer::Impl::serve(TcpSocket socket, const Listener& listener) {
    const Instant now = BootClock::now();
    if (!core.slots.make_room(now)) {
        refuse(socket);
        return;
    }
    // Header and body leave in two writes; the second must not wait for an acknowledgement.
    boost::system::error_code error;
    socket.set_option(tcp::no_delay(true), error);
    const auto remote = socket.remote_endpoint(error);
    // It has gone again.
    if (error) return;
    const auto local = socket.local_endpoint(error);
    if (error) return;
    WebPeer peer{unmapped(remote.address()).is_loopback(), listener.loopback,
                 unmapped(local.address()).to_string()};
    tasks.spawn(serve_connection(core, core.slots.take(now), std::move(socket), std::move(peer)));
}

WebServer::WebServer(const Executor& executor, const WebSetup& setup, RouteTable routes,
                     WebLimits limits)
    : impl_(std::make_unique<Impl>(executor, setup, std::move(routes), limits)) {
    for (const std::string& listen : setup.listen) {
        if (const auto address = parse_listen_address(listen)) {
            impl_->core.names.push_back(address->host);
        }
    }
}

WebServer::~WebServer() = default;

void WebServer::start() {
    for (Listener& listener : impl_->listeners) {
        auto serve = [impl = impl_.get(), &listener](TcpSocket socket) {
            impl->serve(std::move(socket), listener);
        };
        impl_->tasks.spawn(accept_all(listener.acceptor, listener.pause, std::move(serve)));
    }
}

Awaitable<void> WebServer::stop() {
    boost::system::error_code ignored;
    for (Listener& listener : impl_->listeners)
        listener.acceptor.close(ignored);
    // What is on a pool cannot be cancelled; guessed passwords must not hold up the end.
    impl_->core.login.end();
    co_await impl_->tasks.cancel_and_wait();
}

const ListenAddress& WebServer::address() const noexcept {
    return impl_->listeners.front().address;
}

std::vector<ListenAddress> WebServer::addresses() const {
    std::vector<ListenAddress> result;
    for (const Listener& listener : impl_->listeners)
        result.push_back(listener.address);
    return result;
}

}  // namespace mailprobed
