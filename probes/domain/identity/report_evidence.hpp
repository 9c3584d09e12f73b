// SPDX-License-Identifier: Apache-2.0
// Which mail a report or letter is about: by its envelope id, by the header section that it
// returns, and only where neither speaks, by a tag in its text.
#pragma once

#include "probes/domain/identity/letter.hpp"
#include "probes/domain/identity/tag_search.hpp"
#include "probes/wire/message/delivery_status.hpp"

#include <optional>
#include <string>

namespace mailprobed {

/// What a report says about which mail it is about.
struct ReportEvidence {
    /// Why there is no tag: `quoted` where the report is about another mail that names one of ours.
    TagEvidence tags;
    /// The tag is the envelope id, or stands in our own fields of the header section that came
    /// back.
    bool certain = false;
    /// Another mail is reported on as well, or ours was sent again by somebody.
    bool mixed = false;
    /// No header section of ours came back but another mail's, in a report of one mail.
    bool other_header = false;
    /// The envelope id that is our tag; empty if none is.
    std::string envelope_id;
};

/// Reads the evidence of `letter`; `report` is what its status parts say, if it has any.
[[nodiscard]] ReportEvidence evidence_of(const MailHeaders& headers, const Letter& letter,
                                         const std::optional<DeliveryStatus>& report,
                                         const TagCodec& codec);

}  // namespace mailprobed
