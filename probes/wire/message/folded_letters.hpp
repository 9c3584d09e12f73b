// SPDX-License-Identifier: Apache-2.0
// Text in which words of many languages can be searched: small letters, no accents, one blank.
#pragma once

#include <string>
#include <string_view>

namespace mailprobed {

/// `text` in UTF-8, or else Latin 1, with small letters (Latin, Greek, Cyrillic), without the
/// accents of Latin letters, each run of blanks and line ends as one blank. Never longer than twice
/// the input.
[[nodiscard]] std::string folded_letters(std::string_view text);

}  // namespace mailprobed
