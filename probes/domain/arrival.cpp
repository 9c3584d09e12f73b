// SPDX-License-Identifier: Apache-2.0
// The rules by which an arrival is recognised (RFC 3834, 6522; forged and quoted tags).
#include "probes/domain/arrival.hpp"

#include "probes/domain/message.hpp"

#include <algorithm>
#include <array>

namespace mailprobed {
namespace {

char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool starts_with_nocase(std::string_view text, std::string_view prefix) noexcept {
    return text.size() >= prefix.size() &&
           std::equal(prefix.begin(), prefix.end(), text.begin(),
                      [](char a, char b) { return lower(a) == lower(b); });
}

std::string_view trim(std::string_view text) noexcept {
    const auto first = text.find_first_not_of(" \t\r");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

/// The first word of `text` up to a blank.
std::string_view first_word(std::string_view text) noexcept {
    text = trim(text);
    return text.substr(0, text.find_first_of(" \t"));
}

/// The tag in our own subject. Gateways put "[SPAM]" or "***" marks in front, people and their
/// programs put "Re:" or "Fwd:"; the former still are our mail, the latter are not.
std::string_view tag_in_subject(std::string_view subject) noexcept {
    subject = trim(subject);
    while (!subject.empty() && (subject.front() == '[' || subject.front() == '*')) {
        const std::size_t end =
            subject.front() == '[' ? subject.find(']') : subject.find_first_of(" \t");
        if (end == std::string_view::npos) return {};
        subject = trim(subject.substr(end + 1));
    }
    if (!starts_with_nocase(subject, kSubjectWord)) return {};
    return first_word(subject.substr(kSubjectWord.size()));
}

std::string_view tag_in_message_id(std::string_view id) noexcept {
    id = trim(id);
    if (id.empty() || id.front() != '<') return {};
    id.remove_prefix(1);
    const auto at = id.find('@');
    return at == std::string_view::npos ? std::string_view{} : id.substr(0, at);
}

/// True if the mail was made by a machine or person in answer to one of ours: RFC 3834
/// auto-replies, delivery reports, answers. They carry our tag without being our mail.
bool is_answer(const MailHeaders& headers) {
    if (const auto value = headers.get("Auto-Submitted")) {
        if (!starts_with_nocase(trim(*value), "auto-generated")) return true;
    }
    if (const auto type = headers.get("Content-Type")) {
        if (starts_with_nocase(trim(*type), "multipart/report")) return true;
    }
    if (const auto path = headers.get("Return-Path")) {
        if (trim(*path) == "<>") return true;
    }
    return headers.get("In-Reply-To").has_value() || headers.get("References").has_value();
}

bool looks_like_tag(std::string_view text) noexcept {
    return text.size() == kTagLength && std::ranges::all_of(text, [](char c) {
               const char l = lower(c);
               return (l >= 'a' && l <= 'z') || (l >= '2' && l <= '7');
           });
}

}  // namespace

Arrival classify(const MailHeaders& headers, std::string_view first_body_line,
                 const TagCodec& codec) {
    const auto own = headers.get(kTagHeader);
    const std::array<std::string_view, 4> places{
        own ? trim(*own) : std::string_view{},
        tag_in_subject(headers.get("Subject").value_or("")),
        tag_in_message_id(headers.get("Message-ID").value_or("")),
        first_word(first_body_line),
    };
    Arrival result;
    for (std::size_t place = 0; place < places.size(); ++place) {
        const std::string_view text = places.at(place);
        // Our own header counts even when it is mangled; elsewhere only what looks like a tag does.
        const bool claimed = place == 0 ? !text.empty() : looks_like_tag(text);
        if (!claimed) continue;
        const TagReading reading = codec.read(text);
        if (!reading.tag) {
            if (!result.reject) result.reject = reading.reject;
        } else if (!result.tag) {
            result.tag = reading.tag;
        } else if (*result.tag != *reading.tag) {
            return {std::nullopt, TagReject::conflicting};
        }
    }
    if (!result.tag) return result;
    if (is_answer(headers)) return {std::nullopt, TagReject::quoted};
    // One verified copy suffices: another copy that a gateway mangled proves nothing against it.
    result.reject.reset();
    return result;
}

}  // namespace mailprobed
