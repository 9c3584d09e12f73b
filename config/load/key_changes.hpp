// SPDX-License-Identifier: Apache-2.0
// In which keys two configurations, or two of their maps, differ.
#pragma once

#include "probes/domain/settings/settings.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace mailprobed {

/// The paths of keys that differ and cannot change while the daemon runs: "log.format".
[[nodiscard]] std::vector<std::string> keys_that_need_restart(const Settings& now,
                                                              const Settings& next);

/// The keys of `pop3` in which two readers differ.
[[nodiscard]] std::vector<std::string_view> differing_keys(const MailboxSettings& a,
                                                           const MailboxSettings& b);

}  // namespace mailprobed
