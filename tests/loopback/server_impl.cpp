// SPDX-License-Identifier: Apache-2.0
// Start and stop, sessions coming and going, and mails becoming visible on time.
#include "tests/loopback/server_impl.hpp"

#include "tests/loopback/certificate.hpp"
#include "tests/loopback/pop3_service.hpp"
#include "tests/loopback/smtp_service.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <openssl/ssl.h>

#include <array>
#include <fstream>
#include <stdexcept>
#include <stdlib.h>
#include <utility>

namespace mailprobed::loopback {
namespace {

int version_of(const std::string& text) {
    constexpr std::array<std::pair<std::string_view, int>, 5> kVersions{{{"", 0},
                                                                         {"1.0", TLS1_VERSION},
                                                                         {"1.1", TLS1_1_VERSION},
                                                                         {"1.2", TLS1_2_VERSION},
                                                                         {"1.3", TLS1_3_VERSION}}};
    for (const auto& [word, version] : kVersions) {
        if (word == text) return version;
    }
    throw std::invalid_argument("unknown TLS version '" + text + "'");
}

}  // namespace

Server::Impl::Impl(Options given)
    : options(std::move(given)),
      log(options.log),
      dice(options.seed),
      store(options.accounts, options.seed,
            [this](const std::shared_ptr<const MailFacts>& facts) {
                if (!log.wants(EventKind::visible)) return;
                Event event;
                event.at_ns = facts->visible_ns;
                event.kind = EventKind::visible;
                event.protocol = Protocol::pop3;
                event.username = facts->mailbox;
                event.mail = facts;
                log.record(std::move(event));
            }),
      tls(asio::ssl::context::tls_server),
      shared{options, log, dice, faults, store, tls, options.delay, [this] { rearm(); }},
      next_visible(io) {}

Server::Impl::~Impl() {
    std::error_code ignored;
    if (own_directory) std::filesystem::remove_all(directory, ignored);
}

void Server::Impl::start() {
    if (thread.joinable() || stopped) throw std::logic_error("a server starts once");
    make_tls();
    add_listener(Protocol::smtp, false, options.smtp.port, ports.smtp);
    add_listener(Protocol::smtp, true, options.smtp.tls_port, ports.smtps);
    add_listener(Protocol::pop3, false, options.pop3.port, ports.pop3);
    add_listener(Protocol::pop3, true, options.pop3.tls_port, ports.pop3s);
    rearm();
    thread = std::thread([this] {
        const auto work = asio::make_work_guard(io);
        io.run();
    });
}

void Server::Impl::stop() {
    if (!thread.joinable()) return;
    call([this] {
        for (auto& [protocol, listener] : listeners)
            listener->close();
        next_visible.cancel();
        cut(Protocol::any, "stop");
        stopped = true;
    });
    // Every session has been told; what it still has to log is done before the loop runs dry.
    asio::post(io, [this] { io.stop(); });
    thread.join();
    io.restart();
    io.poll();
}

void Server::Impl::make_tls() {
    const auto certificates = make_certificates(options.tls.certificate);
    ca_pem = certificates.ca;
    directory = options.tls.directory;
    if (directory.empty()) {
        auto pattern =
            (std::filesystem::temp_directory_path() / "mailprobed-loopback-XXXXXX").string();
        if (::mkdtemp(pattern.data()) == nullptr) {
            throw std::runtime_error("cannot make a temporary folder");
        }
        directory = pattern;
        own_directory = true;
    } else {
        std::filesystem::create_directories(directory);
    }
    std::ofstream file(directory / "ca.pem");
    file << ca_pem;
    file.close();
    if (!file) throw std::runtime_error("cannot write " + (directory / "ca.pem").string());
    const int lowest = version_of(options.tls.min_version);
    const int highest = version_of(options.tls.max_version);
    auto* const native = tls.native_handle();
    if ((highest != 0 && highest < TLS1_2_VERSION) || (lowest != 0 && lowest < TLS1_2_VERSION)) {
        // OpenSSL 3 has the old versions only at security level 0.
        SSL_CTX_set_security_level(native, 0);
    }
    SSL_CTX_set_min_proto_version(native, lowest);
    SSL_CTX_set_max_proto_version(native, highest);
    SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);
    tls.use_certificate_chain(asio::buffer(certificates.leaf));
    tls.use_private_key(asio::buffer(certificates.key), asio::ssl::context::pem);
}

void Server::Impl::add_listener(Protocol protocol, bool implicit_tls,
                                const std::optional<std::uint16_t>& wanted, std::uint16_t& port) {
    if (!wanted) return;
    auto listener = std::make_unique<Listener>(
        io, [this, protocol, implicit_tls](Socket socket, std::string peer) {
            begin_session(protocol, implicit_tls, std::move(socket), std::move(peer));
        });
    listener->open(options.listen, *wanted);
    port = listener->port();
    listeners.emplace_back(protocol, std::move(listener));
}

void Server::Impl::begin_session(Protocol protocol, bool implicit_tls, Socket socket,
                                 std::string peer) {
    if (stopped) return;
    SessionId id{++last_session, protocol, implicit_tls, std::move(peer)};
    const auto number = id.number;
    std::unique_ptr<Session> session;
    if (protocol == Protocol::smtp) {
        session = std::make_unique<SmtpSession>(shared, std::move(socket), std::move(id));
    } else {
        session = std::make_unique<Pop3Session>(shared, std::move(socket), std::move(id));
    }
    auto& running = *session;
    sessions.emplace(number, std::move(session));
    auto ended = [this, number](const std::exception_ptr& error) {
        // The coroutine's frame still refers to the session while this runs.
        asio::post(io, [this, number] { sessions.erase(number); });
        if (error) std::rethrow_exception(error);
    };
    asio::co_spawn(io, running.run(),
                   asio::bind_cancellation_slot(running.cancellation().slot(), std::move(ended)));
}

void Server::Impl::cut(Protocol protocol, std::string_view reason) {
    for (auto& [number, session] : sessions) {
        if (protocol == Protocol::any || session->protocol() == protocol) session->cut(reason);
    }
}

void Server::Impl::rearm() {
    const auto due = store.next_due();
    if (!due || stopped) return;
    const auto left = Nanoseconds(std::max<std::int64_t>(*due - boot_now(), 0));
    // Setting a new time cancels the wait that may be under way.
    next_visible.expires_after(left);
    next_visible.async_wait([this](const boost::system::error_code& error) {
        if (error) return;
        store.mature(boot_now());
        rearm();
    });
}

}  // namespace mailprobed::loopback
