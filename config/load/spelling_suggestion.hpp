// SPDX-License-Identifier: Apache-2.0
// "Did you mean": guesses the word behind a typing error.
#pragma once

#include <span>
#include <string_view>

namespace mailprobed {

/// The one of `words` that was probably meant by `word`, or nothing; finds typing errors and, if
/// `by_start`, words that only begin alike.
[[nodiscard]] std::string_view spelling_suggestion(std::string_view word,
                                                   std::span<const std::string_view> words,
                                                   bool by_start = true);

}  // namespace mailprobed
