// SPDX-License-Identifier: Apache-2.0
// Whom a report is about, and what its fields say became of the mail.
#pragma once

#include "probes/domain/identity/bounce.hpp"
#include "probes/domain/identity/report_evidence.hpp"
#include "probes/wire/message/delivery_status.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace mailprobed {

/// Whom X-Failed-Recipients names.
enum class FailedRecipients : std::uint8_t { none, ours, several, others };
/// Reads that field, of which there may be several.
[[nodiscard]] FailedRecipients failed_recipients(const MailHeaders& headers,
                                                 const RouteFacts& facts);

/// What the fields of a report say of our mail.
struct Reported {
    /// All of it is known to be about somebody else.
    bool about_others = false;
    /// The fields tell what became of it; otherwise the prose may.
    bool told = false;
    BounceAction action = BounceAction::other;
    StatusClass status_class = StatusClass::unknown;
    std::string status;
    std::string diagnostic;
    /// It is not known to be about our recipient, or stood in a part that calls itself text.
    bool weak = true;
    /// Every recipient in it is ours.
    bool ours_alone = false;
};

/// Chooses among the recipients of a report those that are ours, then those that may be; of
/// several, the worst. `own_original` is false where Original-Recipient is not what the sender of
/// the mail said, but a copy of Final-Recipient. A neighbour in our recipient's domain counts as
/// ours only where `evidence` is certain and of one mail; parts about another envelope are left
/// out.
[[nodiscard]] Reported reported_by(const DeliveryStatus& report,
                                   const std::optional<RouteFacts>& facts, bool own_original,
                                   const ReportEvidence& evidence);

}  // namespace mailprobed
