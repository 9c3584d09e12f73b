// SPDX-License-Identifier: Apache-2.0
// What a server consists of; the order of the members is the reverse order of their end.
#pragma once

#include "tests/loopback/dice.hpp"
#include "tests/loopback/event_log.hpp"
#include "tests/loopback/fault_book.hpp"
#include "tests/loopback/listener.hpp"
#include "tests/loopback/mailbox_store.hpp"
#include "tests/loopback/server.hpp"
#include "tests/loopback/session.hpp"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <chrono>
#include <filesystem>
#include <future>
#include <list>
#include <memory>
#include <string>
#include <thread>
#include <type_traits>
#include <unordered_map>

namespace mailprobed::loopback {

struct Server::Impl {
    using Timer =
        asio::basic_waitable_timer<std::chrono::steady_clock,
                                   asio::wait_traits<std::chrono::steady_clock>, Executor>;

    explicit Impl(Options given);
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;
    ~Impl();

    void start();
    void stop();
    /// Runs `function` on the server's thread and gives its result back; here where there is none.
    template <class Function>
    auto call(Function function) {
        if (!thread.joinable()) return function();
        // Shared, because the server's thread may still be leaving the task when the result is
        // here.
        using Work = std::packaged_task<std::invoke_result_t<Function>()>;
        const auto work = std::make_shared<Work>(std::move(function));
        auto result = work->get_future();
        asio::dispatch(io, [work] { (*work)(); });
        return result.get();
    }

    void add_listener(Protocol protocol, bool tls, const std::optional<std::uint16_t>& wanted,
                      std::uint16_t& port);
    void begin_session(Protocol protocol, bool tls, Socket socket, std::string peer);
    void cut(Protocol protocol, std::string_view reason);
    template <class Function>
    void each_listener(Protocol protocol, Function function) {
        for (auto& [served, listener] : listeners) {
            if (protocol == Protocol::any || served == protocol) function(*listener);
        }
    }
    /// Sets the timer to the next mail that becomes visible.
    void rearm();
    void make_tls();

    const Options options;
    EventLog log;
    Dice dice;
    FaultBook faults;
    MailboxStore store;
    std::string ca_pem;
    std::filesystem::path directory;
    bool own_directory = false;
    Ports ports;
    asio::ssl::context tls;
    Shared shared;
    asio::io_context io{1};
    std::unordered_map<std::uint64_t, std::unique_ptr<Session>> sessions;
    std::list<std::pair<Protocol, std::unique_ptr<Listener>>> listeners;
    Timer next_visible;
    std::uint64_t last_session = 0;
    bool stopped = false;
    std::thread thread;
};

}  // namespace mailprobed::loopback
