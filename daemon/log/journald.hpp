// SPDX-License-Identifier: Apache-2.0
// An event as journald's own entry: every field can be searched for by name, as in
// `journalctl MAILPROBED_PROBE=qq-self`.
#pragma once

#include "daemon/log/log.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mailprobed {

/// The digit of syslog(3) for a level.
[[nodiscard]] char journald_priority(LogLevel level) noexcept;

/// MESSAGE (the event as logfmt), PRIORITY, SYSLOG_IDENTIFIER, MAILPROBED_EVENT, and each field in
/// capitals behind MAILPROBED_; values are escaped as in the text formats.
[[nodiscard]] std::vector<std::string> journald_entry(LogLevel level, std::string_view event,
                                                      std::span<const Field> fields);

/// Sends an entry; below 0 if there is no journald.
int send_to_journald(std::span<const std::string> assignments);

}  // namespace mailprobed
