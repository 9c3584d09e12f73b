// SPDX-License-Identifier: Apache-2.0
// One pass over the text.
#include "probes/base/hex_pairs.hpp"

#include "probes/base/ascii.hpp"

#include <optional>

namespace mailprobed {

std::string hex_pairs_decoded(std::string_view text, char mark) {
    std::string result;
    result.reserve(text.size());
    for (std::size_t at = 0; at < text.size(); ++at) {
        const bool coded = text[at] == mark && at + 2 < text.size();
        const auto high = coded ? ascii_hex(text[at + 1]) : std::nullopt;
        const auto low = coded ? ascii_hex(text[at + 2]) : std::nullopt;
        if (high && low) {
            result += static_cast<char>(*high << 4U | *low);
            at += 2;
        } else {
            result += text[at];
        }
    }
    return result;
}

}  // namespace mailprobed
