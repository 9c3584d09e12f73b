// SPDX-License-Identifier: Apache-2.0
// Growing of texts whose end a stranger decides.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace mailprobed {

/// Appends `text`. The room doubles as it does with std::string, but not beyond `most` octets, so
/// that a text near its limit does not take twice as much.
inline void bounded_append(std::string& to, std::string_view text, std::size_t most) {
    const std::size_t needed = to.size() + text.size();
    if (needed > to.capacity()) {
        // reserve() alone may double once more.
        std::string grown;
        grown.reserve(std::max(needed, std::min(needed * 2, most)));
        grown.append(to);
        to.swap(grown);
    }
    to.append(text);
}

}  // namespace mailprobed
