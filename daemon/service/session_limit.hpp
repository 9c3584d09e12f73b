// SPDX-License-Identifier: Apache-2.0
// How many conversations the process may have open, and how many a configuration may want.
#pragma once

#include "probes/domain/settings/settings.hpp"

#include <cstddef>

namespace mailprobed {

/// Raises the soft limit on descriptors to the hard one and returns the conversations it allows
/// beside logs, web server and resolver.
[[nodiscard]] std::size_t sessions_allowed();

/// Conversations that can be open at once at worst: every mail of every probe, and every mailbox.
[[nodiscard]] double most_sessions(const Settings& settings);

}  // namespace mailprobed
