// SPDX-License-Identifier: Apache-2.0
// Accept loops and the three ways a server can be down.
#include "tests/loopback/listener.hpp"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/system/system_error.hpp>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <utility>

namespace mailprobed::loopback {

namespace {

constexpr int kTries = 32;
constexpr auto kPauseWhenOutOfFiles = std::chrono::milliseconds(50);

}  // namespace

Listener::Listener(asio::io_context& io, Accepted accepted)
    : io_(io), accepted_(std::move(accepted)) {}

void Listener::open(const std::vector<std::string>& addresses, std::uint16_t port) {
    for (const auto& address : addresses)
        addresses_.push_back(asio::ip::make_address(address));
    for (int tries = 0;; ++tries) {
        try {
            bind(port);
            break;
        } catch (const boost::system::system_error& error) {
            // A free port of the first address may be taken on another one.
            if (port != 0 || tries == kTries) {
                throw std::runtime_error("port " + std::to_string(port) + ": " +
                                         error.code().message());
            }
        }
    }
    listen();
}

void Listener::bind(std::uint16_t port) {
    acceptors_.clear();
    for (const auto& address : addresses_) {
        const asio::ip::tcp::endpoint endpoint(address, port);
        auto& acceptor = acceptors_.emplace_back(io_);
        acceptor.open(endpoint.protocol());
        acceptor.set_option(asio::socket_base::reuse_address(true));
        if (address.is_v6()) acceptor.set_option(asio::ip::v6_only(true));
        acceptor.bind(endpoint);
        port = acceptor.local_endpoint().port();
    }
    port_ = port;
}

void Listener::listen() {
    for (auto& acceptor : acceptors_)
        acceptor.listen();
    listening_ = true;
    resume();
}

void Listener::refuse() {
    ++generation_;
    listening_ = false;
    // Closing is the only way to drop the backlog; bound again without listen(), nobody else gets
    // the port and the kernel answers with a reset.
    bind(port_);
}

void Listener::freeze() {
    ++generation_;
    for (auto& acceptor : acceptors_)
        acceptor.cancel();
}

void Listener::resume() {
    if (!listening_) return listen();
    ++generation_;
    for (std::size_t index = 0; index < acceptors_.size(); ++index)
        accept(index, generation_);
}

void Listener::close() {
    ++generation_;
    listening_ = false;
    acceptors_.clear();
}

void Listener::accept(std::size_t index, std::uint64_t generation) {
    acceptors_[index].async_accept(
        io_, [this, index, generation](const boost::system::error_code& error, Socket socket) {
            boost::system::error_code ignored;
            if (!error) {
                const auto peer = socket.remote_endpoint(ignored);
                accepted_(std::move(socket), peer.address().to_string());
            }
            if (generation != generation_) return;
            if (!error || error == asio::error::connection_aborted) {
                return accept(index, generation);
            }
            // Out of file descriptors: trying on at once would only burn the processor.
            using Timer = asio::basic_waitable_timer<std::chrono::steady_clock>;
            const auto timer = std::make_shared<Timer>(io_, kPauseWhenOutOfFiles);
            timer->async_wait([this, index, generation, timer](const boost::system::error_code&) {
                if (generation == generation_) accept(index, generation);
            });
        });
}

}  // namespace mailprobed::loopback
