// SPDX-License-Identifier: Apache-2.0
// Lookups over Settings.
#include "probes/domain/settings/settings.hpp"

#include <algorithm>

namespace mailprobed {

Duration Timeouts::of(Stage stage) const noexcept {
    switch (stage) {
        case Stage::resolve:
            return resolve;
        case Stage::connect:
            return connect;
        case Stage::tls:
            return tls;
        case Stage::greeting:
            return greeting;
        case Stage::auth:
            return auth;
        case Stage::accept:
            return accept;
        case Stage::quit:
            return quit;
        case Stage::hello:
        case Stage::starttls:
        case Stage::envelope:
        case Stage::data:
        case Stage::list:
        case Stage::headers:
        case Stage::body:
        case Stage::remove:
            return command;
    }
    return command;
}

std::string_view to_string(IpFamily family) noexcept {
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

std::string_view to_string(Protocol protocol) noexcept {
    switch (protocol) {
        case Protocol::smtp:
            return "smtp";
        case Protocol::pop3:
            return "pop3";
    }
    return "?";
}

MailboxId login_key(const Endpoint& server, std::string_view username) {
    return {server.host, server.port, std::string(username)};
}

const AccountSettings* Settings::account(std::string_view name) const noexcept {
    const auto found = std::ranges::find(accounts, name, &AccountSettings::name);
    return found == accounts.end() ? nullptr : &*found;
}

}  // namespace mailprobed
