// SPDX-License-Identifier: Apache-2.0
// Lengths of time as operators write them: 500ms, 30s, 1m30s, 2h, 1d.
#pragma once

#include "probes/base/time.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace mailprobed {

/// The duration that `text` spells: whole numbers with d, h, m, s or ms, largest unit first, each
/// unit at most once. Nothing for any other text, or beyond a hundred years.
[[nodiscard]] std::optional<Duration> parse_duration(std::string_view text) noexcept;

/// The shortest such text; what is finer than a millisecond is cut off.
[[nodiscard]] std::string format_duration(Duration duration);

}  // namespace mailprobed
