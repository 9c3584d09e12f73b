// SPDX-License-Identifier: Apache-2.0
// Finding what claims to be a tag.
#include "probes/domain/identity/tag_places.hpp"

#include "probes/base/ascii.hpp"
#include "probes/domain/identity/tag.hpp"
#include "probes/wire/message/comments.hpp"
#include "probes/wire/message/encoded_word.hpp"

#include <algorithm>

namespace mailprobed {
namespace {

// Folding in the middle of a long word adds blanks to it.
std::string without_blanks(std::string_view text) {
    std::string result(text);
    std::erase_if(result, [](char c) { return ascii_blank(c) || c == '\r' || c == '\n'; });
    return result;
}

}  // namespace

std::string_view trim_text(std::string_view text) noexcept {
    const auto first = text.find_first_not_of(" \t\r");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

bool starts_with_nocase(std::string_view text, std::string_view prefix) noexcept {
    return ascii_iequals(text.substr(0, prefix.size()), prefix);
}

std::string_view first_word(std::string_view text) noexcept {
    text = trim_text(text);
    return text.substr(0, text.find_first_of(" \t"));
}

std::string tag_in_message_id(std::string_view id) {
    const std::string decoded = words_decoded(id);
    std::string_view text = decoded;
    if (!skip_comments(text)) return {};
    if (text.starts_with('<')) text.remove_prefix(1);
    const auto at = text.find('@');
    return at == std::string_view::npos ? std::string() : without_blanks(text.substr(0, at));
}

std::string tag_in_own_field(std::string_view value) {
    return without_blanks(words_decoded(value));
}

bool looks_like_tag(std::string_view text) noexcept {
    return text.size() == kTagLength && std::ranges::all_of(text, [](char c) {
               const char l = ascii_lower(c);
               return (l >= 'a' && l <= 'z') || (l >= '2' && l <= '7');
           });
}

}  // namespace mailprobed
