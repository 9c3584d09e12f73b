// SPDX-License-Identifier: Apache-2.0
// Small tables of words.
#include "daemon/labels.hpp"

#include <tuple>

namespace mailprobed {

std::string_view family_label(IpFamily family) noexcept {
    switch (family) {
        case IpFamily::any:
            return "any";
        case IpFamily::v4:
            return "v4";
        case IpFamily::v6:
            return "v6";
    }
    return "?";
}

std::string_view speaker_label(Speaker who) noexcept {
    switch (who) {
        case Speaker::client:
            return "client";
        case Speaker::server:
            return "server";
        case Speaker::note:
            return "note";
    }
    return "?";
}

std::string compiler_name() {
#if defined(__clang__)
    return "clang " + std::to_string(__clang_major__) + "." + std::to_string(__clang_minor__) +
           "." + std::to_string(__clang_patchlevel__);
#else
    return "gcc " + std::to_string(__GNUC__) + "." + std::to_string(__GNUC_MINOR__) + "." +
           std::to_string(__GNUC_PATCHLEVEL__);
#endif
}

std::map<std::string, std::string, std::less<>> mailboxes_of(const Settings& settings) {
    using Key = std::tuple<std::string, std::uint16_t, std::string>;
    std::map<Key, std::string> first;
    std::map<std::string, std::string, std::less<>> result;
    for (const AccountSettings& account : settings.accounts) {
        if (!account.pop3) continue;
        const Endpoint& server = account.pop3->server;
        const auto [entry, fresh] =
            first.try_emplace(Key(server.host, server.port, account.pop3->username), account.name);
        result[account.name] = entry->second;
    }
    return result;
}

std::string info_label(std::string_view name) {
    std::string result;
    for (const char c : name) {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        const bool digit = c >= '0' && c <= '9';
        result.push_back(letter || digit ? c : '_');
    }
    // Two leading underscores are reserved for Prometheus itself.
    const bool taken = result == "probe" || result == "from" || result == "to" ||
                       result == "mailbox" || result.starts_with("__") || result.empty();
    const bool digit_first = !result.empty() && result[0] >= '0' && result[0] <= '9';
    return taken || digit_first ? "label_" + result : result;
}

}  // namespace mailprobed
