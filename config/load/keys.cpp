// SPDX-License-Identifier: Apache-2.0
// The names of all keys: those of the configuration from its tables, those of the web file from
// here.
#include "config/load/keys.hpp"

#include "config/load/key_tables.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

namespace mailprobed {

namespace {

template <class... Keys>
constexpr auto keys(Keys... names) {
    return std::array<std::string_view, sizeof...(Keys)>{names...};
}

/// The names of each section's keys, taken from the tables; they live as long as the program.
const std::vector<KeySection>& file_sections() {
    static const auto names = [] {
        std::vector<std::vector<std::string_view>> result;
        for_each_section(
            [&result](std::string_view /*path*/, const auto& group, bool /*discreet*/) {
                auto& one = result.emplace_back();
                for (const auto& key : group.keys)
                    one.push_back(key.about.name);
            });
        return result;
    }();
    static const auto sections = [] {
        std::vector<KeySection> result;
        for_each_section([&result](std::string_view path, const auto& /*group*/, bool discreet) {
            result.push_back({path, names[result.size()], discreet});
        });
        return result;
    }();
    return sections;
}

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

std::span<const KeySection> key_sections() {
    return file_sections();
}

std::span<const KeySection> web_key_sections() noexcept {
    return kWebSections;
}

std::span<const KeySection> table_of(const KeySection& section) {
    const bool web = std::ranges::any_of(
        kWebSections, [&section](const KeySection& one) { return &one == &section; });
    if (web) return kWebSections;
    return key_sections();
}

const KeySection& key_section(std::span<const KeySection> table, std::string_view path) {
    const auto found = std::ranges::find(table, path, &KeySection::path);
    if (found == table.end()) throw std::logic_error("no such section of keys");
    return *found;
}

const KeySection& key_section(std::string_view path) {
    return key_section(key_sections(), path);
}

std::vector<std::string> accepted_keys() {
    std::vector<std::string> result;
    for (const KeySection& section : key_sections()) {
        for (const std::string_view key : section.keys) {
            std::string path(section.path);
            if (!path.empty()) path += '.';
            result.push_back(path.append(key));
        }
    }
    return result;
}

}  // namespace mailprobed
