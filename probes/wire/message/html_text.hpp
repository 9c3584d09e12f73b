// SPDX-License-Identifier: Apache-2.0
// The words of a text/html part, roughly as a reader sees them.
#pragma once

#include <string>
#include <string_view>

namespace mailprobed {

/// `html` without its tags, a line for each block; what stands in a blockquote gets "> " in front.
/// Never longer than three times the input.
[[nodiscard]] std::string html_text(std::string_view html);

}  // namespace mailprobed
