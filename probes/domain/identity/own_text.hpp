// SPDX-License-Identifier: Apache-2.0
// Whether the text of a mail is our own, or somebody's who quotes it.
#pragma once

#include "probes/wire/message/mail_headers.hpp"

#include <cstdint>
#include <string_view>

namespace mailprobed {

/// How much of our text must be there.
enum class OwnText : std::uint8_t {
    /// The line of the tag, below any banner, unquoted.
    first_line,
    /// That line and our first sentence below it.
    beginning,
    /// All of it and nothing else, in no multipart.
    whole,
};

/// True if the texts of a mail, decoded, hold ours with this tag; attached messages do not count.
[[nodiscard]] bool holds_own_text(const MailHeaders& headers, std::string_view body,
                                  std::string_view tag, OwnText how_much);

}  // namespace mailprobed
