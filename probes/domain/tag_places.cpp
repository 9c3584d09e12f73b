// SPDX-License-Identifier: Apache-2.0
// Finding what claims to be a tag.
#include "probes/domain/tag_places.hpp"

#include "probes/domain/message.hpp"
#include "probes/domain/tag.hpp"
#include "probes/wire/ascii.hpp"

#include <algorithm>

namespace mailprobed {

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

std::string_view tag_in_subject(std::string_view subject) noexcept {
    subject = trim_text(subject);
    while (!subject.empty() && (subject.front() == '[' || subject.front() == '*')) {
        const std::size_t end =
            subject.front() == '[' ? subject.find(']') : subject.find_first_of(" \t");
        if (end == std::string_view::npos) return {};
        subject = trim_text(subject.substr(end + 1));
    }
    if (!starts_with_nocase(subject, kSubjectWord)) return {};
    return first_word(subject.substr(kSubjectWord.size()));
}

std::string_view tag_in_message_id(std::string_view id) noexcept {
    id = trim_text(id);
    if (id.empty() || id.front() != '<') return {};
    id.remove_prefix(1);
    const auto at = id.find('@');
    return at == std::string_view::npos ? std::string_view{} : id.substr(0, at);
}

bool looks_like_tag(std::string_view text) noexcept {
    return text.size() == kTagLength && std::ranges::all_of(text, [](char c) {
               const char l = ascii_lower(c);
               return (l >= 'a' && l <= 'z') || (l >= '2' && l <= '7');
           });
}

}  // namespace mailprobed
