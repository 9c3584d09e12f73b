// SPDX-License-Identifier: Apache-2.0
// Delivery reports (RFC 3464 in RFC 6522's multipart/report), bounded: what a hostile one can make
// us keep is about a hundred kilobytes.
#pragma once

#include "probes/wire/message/mail_headers.hpp"
#include "probes/wire/message/mime_part.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mailprobed {

/// What a report says of one recipient; what it does not say is empty.
struct RecipientStatus {
    /// "failed", "delayed", "delivered", "relayed", "expanded" or what else stands there, in small
    /// letters, safe to show.
    std::string action;
    /// "5.1.1"; empty if the field holds no such code.
    std::string status;
    /// Whom the mail was for at its sender's, and where it ended, as address_of() writes them.
    std::string original_recipient;
    std::string final_recipient;
    /// The ENVID that the status part of this recipient names, decoded, 1 KiB at most.
    std::string envelope_id;
    /// Safe to show, 1 KiB at most.
    std::string diagnostic;
};

/// A delivery report.
struct DeliveryStatus {
    /// The first ENVID of a mail reported on, decoded, 1 KiB at most.
    std::string original_envelope_id;
    /// kMaxStatusRecipients at most; the rest is not looked at.
    std::vector<RecipientStatus> recipients;
    /// The fields stood in a part that calls itself text, as gateways relabel them.
    bool relabelled = false;
    /// There are more recipients than were kept.
    bool more_recipients = false;
    /// More than one status part has recipients: each may be about another mail.
    bool several_parts = false;
};

/// A mail that comes back with a report.
struct ReturnedMail {
    /// Its header section, as received, 64 KiB at most.
    std::string headers;
    /// The first line of its body, 1 KiB at most; empty if only the headers came back.
    std::string first_line;
};

/// Octets of a body that are looked at.
inline constexpr std::size_t kMaxReportBytes = 256UL * 1024UL;
/// Recipients kept at most.
inline constexpr std::size_t kMaxStatusRecipients = 16;
/// Returned mails kept at most.
inline constexpr std::size_t kMaxReturnedMails = 4;

/// True for multipart/report about deliveries, or about nothing it names; not for read receipts
/// and complaints, which have types of their own.
[[nodiscard]] bool is_delivery_report(const MailHeaders& headers);

/// True for message/delivery-status and its kind.
[[nodiscard]] bool is_status_type(std::string_view type) noexcept;
/// True for a message or its header section that comes back with a report.
[[nodiscard]] bool is_returned_type(std::string_view type) noexcept;

/// Reads all status parts among the leaves of a mail, or where there is none the texts that begin
/// with the fields of one; nothing if there is neither.
[[nodiscard]] std::optional<DeliveryStatus> status_among(const std::vector<MimePart>& leaves);

/// The mails or header sections that come back among the leaves of a mail, in order.
[[nodiscard]] std::vector<ReturnedMail> returned_among(const std::vector<MimePart>& leaves);

/// The status of a mail, whatever multipart it is.
[[nodiscard]] std::optional<DeliveryStatus> read_delivery_status(const MailHeaders& headers,
                                                                 std::string_view body);

/// What xtext stands for (RFC 3461 4); "+" without two hexadecimal digits stays.
[[nodiscard]] std::string from_xtext(std::string_view text);

}  // namespace mailprobed
