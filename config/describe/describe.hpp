// SPDX-License-Identifier: Apache-2.0
// The tables of keys for programs: documents and the schema are made from it.
#pragma once

#include <string>

namespace mailprobed {

/// All sections in the order of the documentation as JSON, every value a text or a list of texts:
/// [{"path", "keys": [{"name", "kind", "type", "range", "default", "meaning", ...}]}].
[[nodiscard]] std::string described_keys();

}  // namespace mailprobed
