// SPDX-License-Identifier: Apache-2.0
// What a loopback server is started with. Every default is a well-behaved server.
#pragma once

#include "tests/loopback/types.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace mailprobed::loopback {

/// Which certificate the server shows. All but self_signed and unknown_ca chain to ca_pem().
enum class CertificateKind : std::uint8_t {
    good,           ///< for localhost, 127.0.0.1 and ::1
    expired,        ///< ended yesterday
    not_yet_valid,  ///< begins tomorrow
    wrong_name,     ///< for elsewhere.invalid only
    self_signed,    ///< right names, signed by itself
    unknown_ca,     ///< right names, signed by a CA that ca_pem() does not hold
};

/// The TLS side of all four services.
struct TlsOptions {
    CertificateKind certificate = CertificateKind::good;
    /// Lowest and highest version: "1.0", "1.1", "1.2", "1.3"; empty is OpenSSL's default.
    std::string min_version;
    std::string max_version;
    /// Where ca.pem is written; empty is a private folder under the temporary one, removed with
    /// the server.
    std::filesystem::path directory;
};

/// What the SMTP service can do and insists on.
struct SmtpOptions {
    /// 0 takes a free port, nothing switches the service off.
    std::optional<std::uint16_t> port = 0;
    std::optional<std::uint16_t> tls_port = 0;
    std::string hostname = "loopback.invalid";
    /// Text after "220 <hostname> ".
    std::string greeting = "ESMTP loopback";
    /// False: EHLO is answered with 502, only HELO works.
    bool ehlo = true;
    bool starttls = true;
    bool pipelining = true;
    bool eight_bit_mime = true;
    bool enhanced_codes = true;
    /// DSN is offered and its parameters are taken (RFC 3461).
    bool dsn = true;
    /// Delivered mails carry "Authentication-Results: <hostname>; " and this; empty: no such field.
    std::string authentication_results;
    /// The announced SIZE and the largest message taken; 0 announces none.
    std::uint64_t size = 52428800;
    /// Mechanisms offered, of PLAIN, LOGIN and CRAM-MD5 in this order; empty offers no AUTH.
    std::vector<std::string> auth = {"PLAIN", "LOGIN", "CRAM-MD5"};
    /// Further EHLO lines as they are, such as "AUTH=LOGIN" or "MAILCOMPRESS".
    std::vector<std::string> extra_capabilities;
    /// MAIL before a login is answered with 530 (only where `auth` is not empty).
    bool require_auth = true;
    /// AUTH and MAIL before TLS are answered with 530, although AUTH is offered (as QQ does).
    bool require_tls = false;
    /// AUTH is not offered before TLS.
    bool hide_auth_before_tls = false;
};

/// What the POP3 service can do and insists on.
struct Pop3Options {
    std::optional<std::uint16_t> port = 0;
    std::optional<std::uint16_t> tls_port = 0;
    /// Text after "+OK ".
    std::string greeting = "POP3 loopback ready";
    /// The greeting carries an APOP timestamp and APOP works.
    bool apop = true;
    bool capa = true;
    bool stls = true;
    bool pipelining = true;
    bool user_pass = true;
    bool auth_plain = true;
    bool top = true;
    bool uidl = true;
    /// False: UIDL and LIST with a number are refused.
    bool repeats = true;
    /// Announced by CAPA; a login sooner after the last good one is refused with [LOGIN-DELAY].
    std::chrono::seconds login_delay{0};
    /// Any login command before TLS is refused.
    bool require_tls = false;
    /// Further CAPA lines as they are.
    std::vector<std::string> extra_capabilities;
};

/// How much is recorded.
enum class LogLevel : std::uint8_t {
    none,   ///< nothing (benchmarks)
    mails,  ///< everything but commands and replies
    all,    ///< commands and replies too, secrets masked
};

/// The event log.
struct LogOptions {
    LogLevel level = LogLevel::all;
    /// Events are kept for Server::events() and wait_for(); switch off for endless runs.
    bool keep = true;
    /// JSON lines go to this file too; "-" is the standard output, empty is nowhere.
    std::string file;
};

/// Everything a server is started with.
struct Options {
    /// Addresses all services listen on, with the same port on each.
    std::vector<std::string> listen = {"127.0.0.1"};
    SmtpOptions smtp;
    Pop3Options pop3;
    TlsOptions tls;
    LogOptions log;
    std::vector<Account> accounts;
    /// Delivery delay of every mail (a delay_delivery fault overrides it).
    DelayModel delay;
    /// Seeds delays, fault dice and garbage.
    std::uint64_t seed = 1;
};

}  // namespace mailprobed::loopback
