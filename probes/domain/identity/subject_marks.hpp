// SPDX-License-Identifier: Apache-2.0
// What gateways and people put around the subject of a mail.
#pragma once

#include <string_view>

namespace mailprobed {

/// What stands behind our own word in a decoded subject; empty if it is not ours. In front may
/// stand marks of gateways, a closed list ("EXTERNAL:", "*** SPAM ***", "SPAM(6.3):") and bracketed
/// words ("[List]", "{Spam?}"), behind only bracketed words. Words of answers ("Re:", "Fwd:"), in
/// brackets or not, make it somebody's answer.
[[nodiscard]] std::string_view tag_in_subject(std::string_view subject);

/// True if a decoded subject begins with a word of answers or forwards, in one of many languages.
[[nodiscard]] bool begins_as_answer(std::string_view subject);

}  // namespace mailprobed
