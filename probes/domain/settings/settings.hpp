// SPDX-License-Identifier: Apache-2.0
// Everything an operator can decide about probing, as plain validated values (config/ makes them).
#pragma once

#include "probes/base/secret.hpp"
#include "probes/base/time.hpp"
#include "probes/base/tls_mode.hpp"
#include "probes/domain/outcome/failure.hpp"

#include <chrono>
#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mailprobed {

/// Which address family may be used; `any` takes the resolver's order.
enum class IpFamily : std::uint8_t { any, v4, v6 };
/// The label of an address family: `any`, `v4` or `v6`.
[[nodiscard]] std::string_view to_string(IpFamily family) noexcept;

/// What a conversation is held in.
enum class Protocol : std::uint8_t { smtp, pop3 };
/// The label of a protocol: `smtp` or `pop3`.
[[nodiscard]] std::string_view to_string(Protocol protocol) noexcept;

/// How to log in to SMTP; `automatic` takes PLAIN, then LOGIN, as offered.
enum class SmtpAuth : std::uint8_t { automatic, none, plain, login, cram_md5 };

/// How to log in to POP3; `automatic` takes AUTH PLAIN if offered, else USER and PASS.
enum class Pop3Auth : std::uint8_t { automatic, user_pass, plain, apop };

/// The time allowed to each stage of a conversation and to the whole of it.
struct Timeouts {
    Duration resolve = std::chrono::seconds{5};
    Duration connect = std::chrono::seconds{10};
    Duration tls = std::chrono::seconds{10};
    Duration greeting = std::chrono::seconds{30};
    /// hello, starttls, envelope, data, list, headers, body, remove: each stage.
    Duration command = std::chrono::seconds{30};
    Duration auth = std::chrono::seconds{30};
    Duration accept = std::chrono::seconds{60};
    Duration quit = std::chrono::seconds{5};
    Duration total = std::chrono::seconds{180};

    /// The time that `stage` may take.
    [[nodiscard]] Duration of(Stage stage) const noexcept;
    friend bool operator==(const Timeouts&, const Timeouts&) = default;
};

/// Where a server is and how to reach it.
struct Endpoint {
    std::string host;
    std::uint16_t port = 0;
    TlsMode tls = TlsMode::implicit;
    /// PEM file of trusted roots; empty means the system's store.
    std::string ca_file;
    /// False switches certificate checks off; exported as `tls_verify_disabled`.
    bool tls_verify = true;
    IpFamily ip_family = IpFamily::any;
    /// Local address to connect from; empty means the system's choice.
    std::string source_address;
    friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

/// A user of a server. Two accounts with the same one read the same mailbox, for servers lock it by
/// these; and providers count logins by them.
struct MailboxId {
    std::string host;
    std::uint16_t port = 0;
    std::string username;
    friend auto operator<=>(const MailboxId&, const MailboxId&) = default;
};

/// Who logs in as `username` at `server`.
[[nodiscard]] MailboxId login_key(const Endpoint& server, std::string_view username);

/// The sending half of an account.
struct SmtpSettings {
    Endpoint server;
    std::string username;
    Secret password;
    SmtpAuth auth = SmtpAuth::automatic;
    /// Allows PLAIN and LOGIN without TLS.
    bool allow_plaintext_auth = false;
    /// The argument of EHLO; empty means the address literal of the socket (RFC 5321 4.1.3).
    std::string ehlo_name;
    /// Sends MAIL, RCPT and DATA in one go where offered (RFC 2920).
    bool pipelining = false;
    Timeouts timeouts;
    friend bool operator==(const SmtpSettings&, const SmtpSettings&) = default;
};

/// When a mailbox is looked into: at ages first, first*growth, ... with gaps of at most `max`.
struct PollSettings {
    Duration first = std::chrono::milliseconds{500};
    double growth = 1.5;
    Duration max = std::chrono::seconds{60};
    /// Logins allowed per hour; 0 means no limit.
    std::uint32_t logins_per_hour = 0;
    friend bool operator==(const PollSettings&, const PollSettings&) = default;
};

/// What a provider's listing leaves out; zero means nothing.
struct ListWindow {
    /// Mails older than this.
    Duration age{};
    /// All but this many of the oldest.
    std::uint32_t oldest = 0;
    friend bool operator==(const ListWindow&, const ListWindow&) = default;
};

/// The reading half of an account.
struct MailboxSettings {
    Protocol protocol = Protocol::pop3;
    Endpoint server;
    std::string username;
    Secret password;
    Pop3Auth auth = Pop3Auth::automatic;
    /// Allows USER/PASS and AUTH PLAIN without TLS.
    bool allow_plaintext_auth = false;
    /// Sends several commands at once where the server offers PIPELINING (RFC 2449 6.6).
    bool pipelining = true;
    /// Entries read in one look where the server has no ids of entries.
    std::uint32_t scan_limit = 200;
    /// Removes verified mails of its own once their verdicts are kept; nothing else is ever
    /// removed.
    bool remove_own = true;
    /// The authserv-id whose Authentication-Results are trusted (RFC 8601 2.5); empty: none.
    std::string authserv_id;
    ListWindow window;
    PollSettings poll;
    Timeouts timeouts;

    /// Which mailbox this is.
    [[nodiscard]] MailboxId id() const { return login_key(server, username); }
    friend bool operator==(const MailboxSettings&, const MailboxSettings&) = default;
};

/// One mail identity.
struct AccountSettings {
    std::string name;
    std::string address;
    std::optional<SmtpSettings> smtp;
    std::optional<MailboxSettings> mailbox;
    friend bool operator==(const AccountSettings&, const AccountSettings&) = default;
};

/// A named route from one account to another.
struct ProbeSettings {
    std::string name;
    std::string from;
    std::string to;
    /// The address mail is sent to; the `to` account's own unless an alias or forward is tested.
    std::string to_address;
    Duration interval = std::chrono::minutes{1};
    Duration deadline = std::chrono::minutes{5};
    /// Empty: max(60 s, 2 x effective look interval, LOGIN-DELAY).
    std::optional<Duration> verdict_grace;
    Duration slo_latency = std::chrono::seconds{60};
    /// Submissions of one mail at most; a further one only after a definite 4yz (RFC 5321 4.2.1).
    std::uint32_t max_attempts = 1;
    /// From the end of a refused attempt to the next.
    Duration retry_after = std::chrono::minutes{5};
    /// Whether the sender's mailbox, if it can be read, is searched for bounces.
    bool bounces = true;
    /// Additional header fields, in order.
    std::vector<std::pair<std::string, std::string>> headers;
    /// Labels of the info metric.
    std::map<std::string, std::string> labels;
    friend bool operator==(const ProbeSettings&, const ProbeSettings&) = default;
};

/// The HTTP side.
struct WebSettings {
    /// Each host:port; IPv6 hosts in brackets. Never empty.
    std::vector<std::string> listen{"127.0.0.1:10995"};
    /// Hosts under which requests may come, beside addresses and the machine's own names.
    std::vector<std::string> allowed_hosts;
    friend bool operator==(const WebSettings&, const WebSettings&) = default;
};

/// Log lines' form; `automatic` is journald's own entries where it reads standard error.
enum class LogFormat : std::uint8_t { automatic, logfmt, json, journal };
/// Least severity that is logged.
enum class LogLevel : std::uint8_t { trace, debug, info, warning, error };

/// The log.
struct LogSettings {
    LogLevel level = LogLevel::info;
    LogFormat format = LogFormat::automatic;
    friend bool operator==(const LogSettings&, const LogSettings&) = default;
};

/// A whole validated configuration.
struct Settings {
    /// Distinguishes daemons that share a mailbox; hashed into every tag.
    std::string instance;
    /// At least 32 bytes; empty means: made once and kept in `state_directory`.
    Secret tag_key;
    /// A key that tags were made with before a rotation and still are accepted; may be empty.
    Secret previous_tag_key;
    std::string state_directory;
    /// How long after its verdict a mail is still recognised.
    Duration evidence = std::chrono::hours{48};
    /// The first pause after a refused login; it doubles up to 4 h. Zero switches it off.
    Duration auth_backoff = std::chrono::minutes{5};
    /// How long judged mails stay in the ledger's history.
    Duration history = std::chrono::hours{24 * 30};
    /// How long stages, looks and transcripts of delivered mails stay there; those of others stay
    /// as long as the mails.
    Duration details = std::chrono::hours{48};
    /// Lines of conversations are kept with the other details.
    bool transcripts = true;
    std::vector<AccountSettings> accounts;
    std::vector<ProbeSettings> probes;
    WebSettings web;
    LogSettings log;

    /// The account called `name`, or nullptr.
    [[nodiscard]] const AccountSettings* account(std::string_view name) const noexcept;
};

}  // namespace mailprobed
