// SPDX-License-Identifier: Apache-2.0
// The smallest number of typing errors between two words.
#include "config/load/spelling_suggestion.hpp"

#include "config/load/syntax.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

namespace mailprobed {

namespace {

/// Insertions, deletions, replacements and swaps of neighbours that turn `a` into `b`.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::vector<std::size_t>> cost(a.size() + 1,
                                               std::vector<std::size_t>(b.size() + 1));
    for (std::size_t i = 0; i <= a.size(); ++i)
        cost[i][0] = i;
    for (std::size_t j = 0; j <= b.size(); ++j)
        cost[0][j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replaced = cost[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            cost[i][j] = std::min({replaced, cost[i - 1][j] + 1, cost[i][j - 1] + 1});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
            }
        }
    }
    return cost[a.size()][b.size()];
}

}  // namespace

std::string_view spelling_suggestion(std::string_view word, std::span<const std::string_view> words,
                                     bool by_start) {
    constexpr std::size_t kLongest = 64;
    if (word.empty() || word.size() > kLongest) return {};
    const std::string lowered = lower_case(word);
    std::string_view best;
    // A third of the letters may be wrong: beyond that a guess misleads.
    std::size_t allowed = std::max<std::size_t>(1, word.size() / 3);
    for (const std::string_view candidate : words) {
        if (candidate.size() > kLongest) continue;
        const std::size_t errors = distance(lowered, lower_case(candidate));
        if (errors <= allowed && (best.empty() || errors < allowed)) {
            best = candidate;
            allowed = errors;
        }
    }
    if (!best.empty() || !by_start || word.size() < 3) return best;
    // "user" for "username", "hostname" for "host".
    const auto same_start = std::ranges::find_if(words, [&](std::string_view candidate) {
        return candidate.starts_with(lowered) ||
               (candidate.size() > 3 && lowered.starts_with(candidate));
    });
    return same_start == words.end() ? std::string_view{} : *same_start;
}

}  // namespace mailprobed
