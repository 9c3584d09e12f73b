// SPDX-License-Identifier: Apache-2.0
// Where in a mail the tag stands; what is found there still is to be verified.
#pragma once

#include <string>
#include <string_view>

namespace mailprobed {

/// `text` without blanks and CR at both ends.
[[nodiscard]] std::string_view trim_text(std::string_view text) noexcept;

/// Compares the beginning of `text` without regard to the case of A to Z.
[[nodiscard]] bool starts_with_nocase(std::string_view text, std::string_view prefix) noexcept;

/// The first word of `text` up to a blank.
[[nodiscard]] std::string_view first_word(std::string_view text) noexcept;

/// The left part of a Message-ID, whatever way it is folded or coded; empty if it has none.
[[nodiscard]] std::string tag_in_message_id(std::string_view id);

/// The text of our own field, whatever way it is folded or coded.
[[nodiscard]] std::string tag_in_own_field(std::string_view value);

/// True for kTagLength characters of base32 in either case.
[[nodiscard]] bool looks_like_tag(std::string_view text) noexcept;

}  // namespace mailprobed
