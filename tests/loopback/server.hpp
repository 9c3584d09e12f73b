// SPDX-License-Identifier: Apache-2.0
// The embedded SMTP and POP3 server of tests and demo: real sockets, own thread, faults as data.
//
//     loopback::Options options;
//     options.accounts = {{"alice@test.invalid", "alice", "secret", {}}};
//     loopback::Server server(options);
//     server.start();
//     server.add_fault(loopback::parse_fault("smtp DOT lose rcpt=alice@test.invalid max=1"));
//     ... drive clients against 127.0.0.1:server.ports().smtp ...
//     auto mail = server.wait_for([](const loopback::Event& e) {
//         return e.kind == loopback::EventKind::mail; }, std::chrono::seconds(5));
#pragma once

#include "tests/loopback/event.hpp"
#include "tests/loopback/fault.hpp"
#include "tests/loopback/options.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mailprobed::loopback {

/// The ports a running server listens on; 0 for a service that is off.
struct Ports {
    std::uint16_t smtp = 0;
    std::uint16_t smtps = 0;
    std::uint16_t pop3 = 0;
    std::uint16_t pop3s = 0;
};

/// A mail as it lies in a mailbox.
struct StoredMail {
    std::uint64_t id = 0;
    std::string uidl;
    std::string tag;
    /// Header and body with CRLF, not dot-stuffed, with the Return-Path and Received of delivery.
    std::string raw;
    std::int64_t visible_ns = 0;
    bool visible = false;
};

/// The server. All members may be called from any thread, start() and stop() from the owner's.
class Server {
  public:
    explicit Server(Options options);
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;
    /// Stops.
    ~Server();

    /// Makes the certificates, opens the listeners, starts the thread; once only. Throws
    /// std::runtime_error if a port is taken.
    void start();
    /// Cuts every session, closes everything, joins the thread. Log and mailboxes stay readable.
    void stop();

    [[nodiscard]] Ports ports() const;
    /// The CA that signed the server's certificate, as PEM (the leaf itself for self_signed is not
    /// in it).
    [[nodiscard]] std::string ca_pem() const;
    /// The file that holds ca_pem(); there from start() on.
    [[nodiscard]] std::filesystem::path ca_file() const;

    /// Adds a rule; rules are tried in the order they were added and the first to strike wins.
    /// Returns a number for remove_fault(). Throws std::invalid_argument for a rule that makes no
    /// sense (unknown step, DOT action elsewhere).
    std::uint64_t add_fault(Fault fault);
    void remove_fault(std::uint64_t number);
    void clear_faults();
    /// How often rules of this name struck, removed rules included.
    [[nodiscard]] std::uint64_t fault_count(std::string_view fault_name) const;
    /// Replaces Options::delay for mails accepted from now on.
    void set_delay(DelayModel delay);

    /// All mails of a mailbox, those not yet visible last; empty for an unknown user.
    [[nodiscard]] std::vector<StoredMail> mailbox(std::string_view username) const;
    /// Puts a message into a mailbox as it is (no headers added), visible after `delay`; an empty
    /// uidl gets a fresh one. Returns its id; throws std::invalid_argument for an unknown user.
    std::uint64_t inject(std::string_view username, std::string raw, Nanoseconds delay = {},
                         std::string uidl = {});
    /// Removes one mail as if another client had; false if it is not there. A running session
    /// still lists it but gets -ERR when it asks for it.
    bool remove_mail(std::string_view username, std::uint64_t id);
    /// Removes all mails of a mailbox, those under way included.
    void clear_mailbox(std::string_view username);
    /// Gives every visible mail of a mailbox a new unique id.
    void renew_uidls(std::string_view username);
    /// Takes the lock of a mailbox as another client would; logins get -ERR [IN-USE] until
    /// unlock_mailbox(). False if a session holds it.
    bool lock_mailbox(std::string_view username);
    void unlock_mailbox(std::string_view username);

    /// Closes the listeners of a protocol (`any`: of both) and resets its sessions: connections
    /// are refused. The port stays reserved.
    void refuse(Protocol protocol);
    /// Keeps listening but accepts nothing any more: connections succeed and hear nothing.
    void freeze(Protocol protocol);
    /// Undoes refuse() and freeze() on the same ports.
    void resume(Protocol protocol);
    /// Resets all sessions of a protocol; listeners stay.
    void cut_sessions(Protocol protocol);
    /// Open sessions of a protocol.
    [[nodiscard]] std::size_t session_count(Protocol protocol) const;

    /// A copy of the log so far.
    [[nodiscard]] std::vector<Event> events() const;
    /// Events so far; a position for wait_for().
    [[nodiscard]] std::size_t event_count() const;
    /// The first event from position `from` on that fits, waiting for it up to `timeout`; nothing
    /// if none came. The predicate runs under the log's lock: no calls to the server in it.
    std::optional<Event> wait_for(const std::function<bool(const Event&)>& fits,
                                  std::chrono::milliseconds timeout, std::size_t from = 0) const;
    /// Waits until `count` events fit; false if they did not within `timeout`.
    bool wait_for_count(const std::function<bool(const Event&)>& fits, std::size_t count,
                        std::chrono::milliseconds timeout, std::size_t from = 0) const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace mailprobed::loopback
