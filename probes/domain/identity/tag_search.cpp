// SPDX-License-Identifier: Apache-2.0
// Finding words of sixty characters without mistaking coded attachments for them.
#include "probes/domain/identity/tag_search.hpp"

#include "probes/base/ascii.hpp"
#include "probes/domain/identity/message.hpp"
#include "probes/domain/identity/tag_places.hpp"

#include <algorithm>

namespace mailprobed {
namespace {

// Each costs an HMAC, and a mail of 256 KiB could hold four thousand.
constexpr int kMaxCandidates = 64;

constexpr bool is_base32(char c) noexcept {
    const char l = ascii_lower(c);
    return (l >= 'a' && l <= 'z') || (l >= '2' && l <= '7');
}

/// True if `c` is no part of a longer word or of base64.
constexpr bool is_border(char c) noexcept {
    return c == ' ' || (c >= '\t' && c <= '\r') ||
           std::string_view("<>()[]{}\"',;:@=*|.").find(c) != std::string_view::npos;
}

/// The bits of version 1 (ae to ah) and 2 (ai to al): what does not begin so is some other word of
/// sixty letters.
constexpr bool is_versioned(std::string_view word) noexcept {
    const char second = ascii_lower(word[1]);
    return ascii_lower(word[0]) == 'a' && second >= 'e' && second <= 'l';
}

bool is_own_header(std::string_view text, std::size_t word_at) noexcept {
    std::string_view before = text.substr(0, word_at);
    before = before.substr(0, before.find_last_not_of(" \t\r\n>") + 1);
    if (!before.ends_with(':')) return false;
    before.remove_suffix(1);
    return before.size() >= kTagHeader.size() &&
           ascii_iequals(before.substr(before.size() - kTagHeader.size()), kTagHeader);
}

}  // namespace

void TagEvidence::add(const TagReading& reading, std::size_t at) {
    if (!reading.tag) {
        if (!reject_) reject_ = reading.reject;
    } else if (!tag_) {
        tag_ = reading.tag;
        position_ = at;
    } else if (*tag_ != *reading.tag) {
        conflicting_ = true;
    }
}

std::optional<Tag> TagEvidence::tag() const {
    return conflicting_ ? std::nullopt : tag_;
}

std::optional<TagReject> TagEvidence::reject() const {
    if (conflicting_) return TagReject::conflicting;
    return tag_ ? std::nullopt : reject_;
}

TagEvidence search_tags(std::string_view text, const TagCodec& codec) {
    TagEvidence found;
    int candidates = 0;
    for (std::size_t at = 0; at < text.size() && candidates < kMaxCandidates;) {
        const std::size_t begin = at;
        while (at < text.size() && is_base32(text[at]))
            ++at;
        const std::string_view word = text.substr(begin, at - begin);
        if (word.empty()) {
            ++at;
            continue;
        }
        const bool alone = (begin == 0 || is_border(text[begin - 1])) &&
                           (at == text.size() || is_border(text[at]));
        const bool candidate =
            is_own_header(text, begin) || (alone && looks_like_tag(word) && is_versioned(word));
        if (!candidate) continue;
        ++candidates;
        found.add(codec.read(word), begin);
    }
    return found;
}

}  // namespace mailprobed
