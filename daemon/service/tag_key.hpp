// SPDX-License-Identifier: Apache-2.0
// Where the key of the tags comes from when the operator gave none.
#pragma once

#include "probes/base/secret.hpp"

#include <string>

namespace mailprobed {

/// The key in `directory`/tag.key; made (mode 0600) if there is none. Throws std::runtime_error
/// that says what to do if it cannot be read or kept.
[[nodiscard]] Secret load_or_create_tag_key(const std::string& directory);

/// The key in `directory`/tag.key if it is there and readable, else a fresh one for this run only.
[[nodiscard]] Secret tag_key_for_once(const std::string& directory);

}  // namespace mailprobed
