// SPDX-License-Identifier: Apache-2.0
// This host's name, for servers that do not take an address in EHLO.
#pragma once

#include <string>
#include <string_view>

namespace mailprobed {

/// True if `name` has a domain that others can know: letters, digits, hyphens and dots, and none of
/// the suffixes that mean something inside one network only.
[[nodiscard]] bool is_public_name(std::string_view name) noexcept;

/// What the system calls this host, if is_public_name(); else empty. Asks no other machine.
[[nodiscard]] std::string known_host_name();

}  // namespace mailprobed
