// SPDX-License-Identifier: Apache-2.0
// Text reduced to what counts when a secret is searched in it, and the way back to the text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mailprobed {

/// How a text is read; an echo may come in any of these forms.
struct Reading {
    /// Reply codes and enhanced codes at the start of lines do not count.
    bool without_prefixes = false;
    /// %41 is A.
    bool percent = false;
    /// + is a blank.
    bool plus_is_blank = false;
};

/// The characters of a text that count, folded to one case and one base64 alphabet; blanks, line
/// ends and controls do not count.
struct Skeleton {
    std::string characters;
    /// Where in the text each of `characters` stands: begin and end.
    std::vector<std::pair<std::uint32_t, std::uint32_t>> sources;
};

/// The skeleton of `text`.
[[nodiscard]] Skeleton skeleton_of(std::string_view text, Reading reading);

/// Appends the characters of the plain reading of `text` to `out`.
void append_folded(std::string& out, std::string_view text);

}  // namespace mailprobed
