// SPDX-License-Identifier: Apache-2.0
// Shows the effective configuration, defaults filled in, without what is secret.
#include "config/load/key_tables.hpp"

namespace mailprobed {

std::string masked_yaml(const Draft& draft) {
    YamlWriter out(draft.secret_sources);
    show_keys(out, kFileKeys, draft.settings);
    return out.finish();
}

}  // namespace mailprobed
