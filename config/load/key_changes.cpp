// SPDX-License-Identifier: Apache-2.0
// Each key knows how to compare itself.
#include "config/load/key_changes.hpp"

#include "config/load/key_tables.hpp"

namespace mailprobed {

std::vector<std::string> keys_that_need_restart(const Settings& now, const Settings& next) {
    std::vector<std::string> keys;
    add_fixed("", kFileKeys, now, next, keys);
    return keys;
}

std::vector<std::string_view> differing_keys(const MailboxSettings& a, const MailboxSettings& b) {
    std::vector<std::string_view> keys;
    for (const Key<MailboxSettings>& key : kPop3Keys.keys) {
        if (!key.about.text.may_differ && !key.same(a, b)) keys.push_back(key.about.name);
    }
    return keys;
}

}  // namespace mailprobed
