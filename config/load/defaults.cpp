// SPDX-License-Identifier: Apache-2.0
// Reads `defaults:`.
#include "config/load/key_tables.hpp"

namespace mailprobed {

Defaults read_defaults(MapReader& file) {
    Defaults defaults;
    if (file.find("defaults") == nullptr) return defaults;
    MapReader map(file, "defaults", "defaults");
    read_keys(map, kDefaultKeys, defaults);
    return defaults;
}

}  // namespace mailprobed
