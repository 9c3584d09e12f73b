// SPDX-License-Identifier: Apache-2.0
// Decides whether a mail in a mailbox is one of ours that arrived, or merely looks like one.
#pragma once

#include "probes/domain/tag.hpp"
#include "probes/wire/mail_headers.hpp"

#include <optional>
#include <string_view>

namespace mailprobed {

/// What a mail in a mailbox is to us.
struct Arrival {
    /// A verified tag of an original (not a bounce, reply or quote); its instance may be foreign.
    std::optional<Tag> tag;
    /// Why a tag-like text was not taken; at most one per mail.
    std::optional<TagReject> reject;
};

/// Looks for the tag in X-Mailprobed-Tag, Subject, Message-ID and `first_body_line` (may be empty
/// where the body was not read). One verified copy suffices; copies must not contradict.
[[nodiscard]] Arrival classify(const MailHeaders& headers, std::string_view first_body_line,
                               const TagCodec& codec);

}  // namespace mailprobed
