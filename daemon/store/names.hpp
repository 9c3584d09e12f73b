// SPDX-License-Identifier: Apache-2.0
// The words of the ledger's columns; enumerators are stored as their labels.
#pragma once

#include "probes/domain/ledger/mail_state.hpp"
#include "probes/domain/outcome/failure.hpp"
#include "probes/domain/outcome/verdict.hpp"

#include <optional>
#include <string_view>

namespace mailprobed {

/// The word of a progress.
[[nodiscard]] std::string_view to_string(Progress progress) noexcept;
/// The progress of a word; nothing for another word.
[[nodiscard]] std::optional<Progress> progress_named(std::string_view word) noexcept;
/// The verdict with this label.
[[nodiscard]] std::optional<Verdict> verdict_named(std::string_view label) noexcept;
/// The pair with these labels; nothing if either is unknown.
[[nodiscard]] std::optional<StageCause> failure_named(std::string_view stage,
                                                      std::string_view cause) noexcept;

}  // namespace mailprobed
