// SPDX-License-Identifier: Apache-2.0
// Searching enumerators by label: a ledger of another version may hold words that are unknown here.
#include "daemon/ledger_names.hpp"

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
    std::optional<Stage> s;
    for (auto i = static_cast<int>(Stage::resolve); i <= static_cast<int>(Stage::dele); ++i) {
        if (to_string(static_cast<Stage>(i)) == stage) s = static_cast<Stage>(i);
    }
    std::optional<Cause> c;
    for (auto i = static_cast<int>(Cause::timeout); i <= static_cast<int>(Cause::internal); ++i) {
        if (to_string(static_cast<Cause>(i)) == cause) c = static_cast<Cause>(i);
    }
    if (!s || !c) return std::nullopt;
    return StageCause{*s, *c};
}

}  // namespace mailprobed
