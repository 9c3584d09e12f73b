// SPDX-License-Identifier: Apache-2.0
// Lookups over Settings.
#include "probes/domain/settings.hpp"

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
        case Stage::capa:
        case Stage::stls:
        case Stage::list:
        case Stage::top:
        case Stage::retr:
        case Stage::dele:
            return command;
    }
    return command;
}

const AccountSettings* Settings::account(std::string_view name) const noexcept {
    const auto found = std::ranges::find(accounts, name, &AccountSettings::name);
    return found == accounts.end() ? nullptr : &*found;
}

}  // namespace mailprobed
