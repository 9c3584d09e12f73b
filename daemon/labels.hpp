// SPDX-License-Identifier: Apache-2.0
// Words for enums of lower floors that only metrics, log and transcript spell out, and the one
// place that says which accounts share a mailbox.
#pragma once

#include "probes/domain/settings.hpp"
#include "probes/session/trace.hpp"

#include <map>
#include <string>
#include <string_view>

namespace mailprobed {

/// The label of an address family in use.
[[nodiscard]] std::string_view family_label(IpFamily family) noexcept;
/// `client`, `server` or `note`.
[[nodiscard]] std::string_view speaker_label(Speaker who) noexcept;

/// The compiler that made this program, such as "clang 19.1.7".
[[nodiscard]] std::string compiler_name();

/// The mailbox of every account with a reading half: the name of the first account in the
/// configuration with the same host, port and user name.
[[nodiscard]] std::map<std::string, std::string, std::less<>> mailboxes_of(
    const Settings& settings);

/// `name` as a label name that Prometheus accepts and that the program does not use itself:
/// other characters become underscores, and clashes get the prefix `label_`.
[[nodiscard]] std::string info_label(std::string_view name);

}  // namespace mailprobed
