// SPDX-License-Identifier: Apache-2.0
// A ledger that cannot be read any more.
#pragma once

#include <string>

namespace mailprobed {

/// What SQLite says of a file that is none of its own or damaged; nothing else is moved away.
[[nodiscard]] bool is_damage(const std::string& what);

/// Gives the ledger at `path` another name, which it returns. Throws.
std::string set_ledger_aside(const std::string& path);

}  // namespace mailprobed
