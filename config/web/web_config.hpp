// SPDX-License-Identifier: Apache-2.0
// The file of --web.config.file: TLS, logins and headers of the web server, in the form that
// Prometheus exporters share.
#pragma once

#include "config/load/problem.hpp"
#include "probes/base/secret.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mailprobed {

/// A certificate, key or list of authorities in PEM: in a file, or in the configuration itself.
struct PemSource {
    /// Empty if the text stands in the configuration.
    std::string path;
    Secret text;
    /// Where the configuration names it.
    ConfigPlace place;

    /// True if there is none.
    [[nodiscard]] bool empty() const noexcept { return path.empty() && text.empty(); }
};

/// What is asked of clients' certificates.
enum class ClientAuth : std::uint8_t { none, request, require_any, verify_if_given, require };

/// Versions of TLS that the server can speak.
enum class TlsVersion : std::uint8_t { tls12, tls13 };

/// `tls_server_config`.
struct WebTlsConfig {
    PemSource cert;
    PemSource key;
    PemSource client_ca;
    ClientAuth client_auth = ClientAuth::none;
    /// If not empty, a client's certificate has to have one of these alternative names.
    std::vector<std::string> client_allowed_sans;
    TlsVersion min_version = TlsVersion::tls12;
    TlsVersion max_version = TlsVersion::tls13;
    /// IANA names in order of preference; empty: OpenSSL's own choice.
    std::vector<std::string> cipher_suites;
    bool prefer_server_cipher_suites = true;
    /// Names as OpenSSL has them, in order of preference; empty: OpenSSL's own choice.
    std::vector<std::string> curves;
};

/// One of `basic_auth_users`.
struct WebUser {
    std::string name;
    /// bcrypt: "$2y$10$" and 53 characters.
    Secret hash;
    /// Binary logarithm of the work that one check takes.
    unsigned cost = 0;
};

/// The whole file.
struct WebConfig {
    /// Nothing: plain HTTP.
    std::optional<WebTlsConfig> tls;
    /// Empty: nobody has to log in.
    std::vector<WebUser> users;
    /// Fields of answers, which replace the server's own.
    std::vector<std::pair<std::string, std::string>> headers;
};

/// The result of reading the file.
struct LoadedWebConfig {
    /// Usable only if there are no problems.
    WebConfig config;
    std::vector<ConfigProblem> problems;
    std::vector<ConfigProblem> warnings;
};

/// Reads the file at `path`; blocks only for the disk. Never throws because of its content.
/// Relative paths in it start at its folder.
[[nodiscard]] LoadedWebConfig load_web_config(const std::string& path);

/// Reads a configuration from memory; `file` is its name in messages.
[[nodiscard]] LoadedWebConfig load_web_config_text(std::string_view text, const std::string& file);

/// The least and the greatest cost of a bcrypt hash: below the algorithm refuses, above every check
/// takes seconds, and the end of the program waits for it.
inline constexpr unsigned kLeastBcryptCost = 4;
inline constexpr unsigned kMostBcryptCost = 14;

}  // namespace mailprobed
