// SPDX-License-Identifier: Apache-2.0
// What a POP3 server offers in its answer to CAPA (RFC 2449).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace mailprobed {

/// The capabilities that a look can use; others are ignored.
struct Pop3Capabilities {
    bool stls = false;
    bool top = false;
    bool uidl = false;
    bool user = false;
    bool pipelining = false;
    bool sasl = false;
    bool sasl_plain = false;
    /// LOGIN-DELAY in seconds (RFC 2449 6.5).
    std::optional<std::uint32_t> login_delay;
    /// The delay differs per user, so it must be asked for again after login.
    bool login_delay_per_user = false;

    /// Takes one line of the list.
    void add(std::string_view line) noexcept;
};

}  // namespace mailprobed
