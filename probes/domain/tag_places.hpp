// SPDX-License-Identifier: Apache-2.0
// Where in a mail the tag stands; what is found there still is to be verified.
#pragma once

#include <string_view>

namespace mailprobed {

/// `text` without blanks and CR at both ends.
[[nodiscard]] std::string_view trim_text(std::string_view text) noexcept;

/// Compares the beginning of `text` without regard to the case of A to Z.
[[nodiscard]] bool starts_with_nocase(std::string_view text, std::string_view prefix) noexcept;

/// The first word of `text` up to a blank.
[[nodiscard]] std::string_view first_word(std::string_view text) noexcept;

/// What stands behind our own word in a subject; empty if it is not ours. Gateways put "[SPAM]" or
/// "***" marks in front, people and their programs put "Re:" or "Fwd:"; the former still are our
/// mail, the latter are not.
[[nodiscard]] std::string_view tag_in_subject(std::string_view subject) noexcept;

/// The left part of a Message-ID; empty if it is malformed.
[[nodiscard]] std::string_view tag_in_message_id(std::string_view id) noexcept;

/// True for kTagLength characters of base32 in either case.
[[nodiscard]] bool looks_like_tag(std::string_view text) noexcept;

}  // namespace mailprobed
