// SPDX-License-Identifier: Apache-2.0
// The rules by which an arrival is recognised (RFC 3834, 6522; forged and quoted tags).
#include "probes/domain/arrival.hpp"

#include "probes/domain/message.hpp"
#include "probes/domain/tag_places.hpp"

#include <array>

namespace mailprobed {
namespace {

/// True if the mail was made by a machine or person in answer to one of ours: RFC 3834
/// auto-replies, delivery reports, answers. They carry our tag without being our mail.
bool is_answer(const MailHeaders& headers) {
    if (const auto value = headers.get("Auto-Submitted")) {
        if (!starts_with_nocase(trim_text(*value), "auto-generated")) return true;
    }
    if (const auto type = headers.get("Content-Type")) {
        if (starts_with_nocase(trim_text(*type), "multipart/report")) return true;
    }
    if (const auto path = headers.get("Return-Path")) {
        if (trim_text(*path) == "<>") return true;
    }
    return headers.get("In-Reply-To").has_value() || headers.get("References").has_value();
}

}  // namespace

Arrival classify(const MailHeaders& headers, std::string_view first_body_line,
                 const TagCodec& codec) {
    const auto own = headers.get(kTagHeader);
    const std::array<std::string_view, 4> places{
        own ? trim_text(*own) : std::string_view{},
        tag_in_subject(headers.get("Subject").value_or("")),
        tag_in_message_id(headers.get("Message-ID").value_or("")),
        first_word(first_body_line),
    };
    Arrival result;
    std::string_view verified;
    for (std::size_t place = 0; place < places.size(); ++place) {
        const std::string_view text = places.at(place);
        // Our own header counts even when it is mangled; elsewhere only what looks like a tag does.
        const bool claimed = place == 0 ? !text.empty() : looks_like_tag(text);
        // The same letters say the same: four copies need not cost four HMACs.
        if (!claimed || (!verified.empty() && text == verified)) continue;
        const TagReading reading = codec.read(text);
        if (!reading.tag) {
            if (!result.reject) result.reject = reading.reject;
        } else if (!result.tag) {
            result.tag = reading.tag;
            verified = text;
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
