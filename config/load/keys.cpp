// SPDX-License-Identifier: Apache-2.0
// The tables of keys, in the order in which the documentation has them.
#include "config/load/keys.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

namespace mailprobed {

namespace {

template <class... Keys>
constexpr auto keys(Keys... names) {
    return std::array<std::string_view, sizeof...(Keys)>{names...};
}

constexpr auto kFile =
    keys("instance", "tag_key", "state_directory", "evidence", "history", "details", "transcripts",
         "web", "log", "defaults", "accounts", "probes");
constexpr auto kTagKey = keys("file", "credential", "previous");
constexpr auto kPreviousTagKey = keys("file", "credential");
constexpr auto kWeb = keys("listen", "allowed_hosts");
constexpr auto kLog = keys("level", "format");
constexpr auto kDefaults =
    keys("interval", "deadline", "verdict_grace", "slo_latency", "max_attempts", "retry_after",
         "bounces", "tls", "timeouts", "poll");
constexpr auto kAccount = keys("name", "address", "smtp", "pop3");
constexpr auto kSmtp =
    keys("host", "port", "tls", "username", "password", "auth", "allow_plaintext_auth", "ca_file",
         "tls_verify", "ip_family", "source_address", "ehlo_name", "pipelining", "timeouts");
constexpr auto kPop3 =
    keys("host", "port", "tls", "username", "password", "auth", "allow_plaintext_auth", "ca_file",
         "tls_verify", "ip_family", "source_address", "pipelining", "scan_limit", "delete",
         "authserv_id", "window", "poll", "timeouts");
constexpr auto kWindow = keys("age", "oldest");
constexpr auto kPassword = keys("file", "credential", "env", "command");
constexpr auto kTimeouts =
    keys("resolve", "connect", "tls", "greeting", "command", "auth", "accept", "quit", "total");
constexpr auto kPoll = keys("first", "growth", "max", "max_logins_per_hour");
constexpr auto kProbe =
    keys("name", "from", "to", "to_address", "interval", "deadline", "verdict_grace", "slo_latency",
         "max_attempts", "retry_after", "bounces", "headers", "labels");

constexpr auto kSections = std::to_array<KeySection>({
    {"", kFile},
    {"tag_key", kTagKey, true},
    {"tag_key.previous", kPreviousTagKey, true},
    {"web", kWeb},
    {"log", kLog},
    {"defaults", kDefaults},
    {"defaults.timeouts", kTimeouts},
    {"defaults.poll", kPoll},
    {"accounts[]", kAccount},
    {"accounts[].smtp", kSmtp},
    {"accounts[].smtp.password", kPassword, true},
    {"accounts[].smtp.timeouts", kTimeouts},
    {"accounts[].pop3", kPop3},
    {"accounts[].pop3.password", kPassword, true},
    {"accounts[].pop3.window", kWindow},
    {"accounts[].pop3.poll", kPoll},
    {"accounts[].pop3.timeouts", kTimeouts},
    {"probes[]", kProbe},
});

constexpr auto kWebFile = keys("tls_server_config", "http_server_config", "basic_auth_users");
constexpr auto kWebTls =
    keys("cert", "key", "client_ca", "cert_file", "key_file", "client_auth_type", "client_ca_file",
         "client_allowed_sans", "min_version", "max_version", "cipher_suites",
         "prefer_server_cipher_suites", "curve_preferences");
constexpr auto kWebHttp = keys("http2", "headers");
constexpr auto kWebHeaders =
    keys("Content-Security-Policy", "X-Frame-Options", "X-Content-Type-Options", "X-XSS-Protection",
         "Strict-Transport-Security");

constexpr auto kWebSections = std::to_array<KeySection>({
    {"", kWebFile},
    {"tls_server_config", kWebTls},
    {"http_server_config", kWebHttp},
    {"http_server_config.headers", kWebHeaders},
});

}  // namespace

std::span<const KeySection> key_sections() noexcept {
    return kSections;
}

std::span<const KeySection> web_key_sections() noexcept {
    return kWebSections;
}

std::span<const KeySection> table_of(const KeySection& section) noexcept {
    const bool web = std::ranges::any_of(
        kWebSections, [&section](const KeySection& one) { return &one == &section; });
    if (web) return kWebSections;
    return kSections;
}

const KeySection& key_section(std::span<const KeySection> table, std::string_view path) {
    const auto found = std::ranges::find(table, path, &KeySection::path);
    if (found == table.end()) throw std::logic_error("no such section of keys");
    return *found;
}

const KeySection& key_section(std::string_view path) {
    return key_section(kSections, path);
}

std::vector<std::string> accepted_keys() {
    std::vector<std::string> result;
    for (const KeySection& section : kSections) {
        for (const std::string_view key : section.keys) {
            std::string path(section.path);
            if (!path.empty()) path += '.';
            result.push_back(path.append(key));
        }
    }
    return result;
}

}  // namespace mailprobed
