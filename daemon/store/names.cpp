// SPDX-License-Identifier: Apache-2.0
// Searching enumerators by label: a ledger of another version may hold words that are unknown here.
#include "daemon/store/names.hpp"

#include <algorithm>
#include <array>

namespace mailprobed {

std::string_view to_string(Progress progress) noexcept {
    switch (progress) {
        case Progress::intended:
            return "intended";
        case Progress::accepted:
            return "accepted";
        case Progress::unconfirmed:
            return "unconfirmed";
        case Progress::retry:
            return "retry";
    }
    return "?";
}

std::optional<Progress> progress_named(std::string_view word) noexcept {
    for (const Progress progress :
         {Progress::intended, Progress::accepted, Progress::unconfirmed, Progress::retry}) {
        if (to_string(progress) == word) return progress;
    }
    return std::nullopt;
}

std::optional<Verdict> verdict_named(std::string_view label) noexcept {
    for (const Verdict verdict : kVerdicts) {
        if (to_string(verdict) == label) return verdict;
    }
    return std::nullopt;
}

std::optional<StageCause> failure_named(std::string_view stage, std::string_view cause) noexcept {
    const auto called = [](std::string_view label) {
        return [label](auto value) { return to_string(value) == label; };
    };
    const auto* const s = std::ranges::find_if(kStages, called(stage));
    const auto* const c = std::ranges::find_if(kCauses, called(cause));
    if (s == kStages.end() || c == kCauses.end()) return std::nullopt;
    return StageCause{*s, *c};
}

}  // namespace mailprobed
