// SPDX-License-Identifier: Apache-2.0
// Decides whether a mail in a mailbox is one of ours that arrived, or merely looks like one.
#pragma once

#include "probes/domain/identity/tag.hpp"
#include "probes/domain/identity/tag_search.hpp"
#include "probes/wire/message/mail_headers.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace mailprobed {

/// What is configured of the route that a tag names, as far as reading its mails needs it.
struct RouteFacts {
    /// The address in the From field of our mails.
    std::string from;
    /// The address that mails of the route are sent to.
    std::string recipient;
    /// The mailbox that is read is also the mailbox of the sender's account.
    bool sender_mailbox = false;
    /// `recipient` is no address of an account that reads this mailbox: an alias, a forward.
    bool leads_outside = false;
};
/// Nothing if the tag's probe is not configured here.
using RouteOf = std::function<std::optional<RouteFacts>(const Tag&)>;

/// What the header section says that a mail is to us.
enum class HeaderSays : std::uint8_t {
    /// Nothing of ours, and no report that is worth reading.
    foreign,
    /// One of ours that arrived, whatever its body says.
    arrival,
    /// read_mail() decides with the body.
    needs_body,
    /// No arrival whatever the body says; read_bounce() may find a report about one of ours.
    maybe_report,
};

/// What a header section says.
struct HeaderReading {
    HeaderSays says = HeaderSays::foreign;
    /// Verified, with `arrival`, and with `needs_body` if a tag verified already; its instance may
    /// be foreign.
    std::optional<Tag> tag;
    /// Why a tag-like text was not taken; with `maybe_report`, where no report is looked for.
    std::optional<TagReject> reject;
};

/// Looks for the tag in X-Mailprobed-Tag, Message-ID, Subject and `first_body_line` (may be empty
/// where the body was not read). One verified copy suffices; copies must not contradict.
[[nodiscard]] HeaderReading read_header(const MailHeaders& headers,
                                        std::string_view first_body_line, const TagCodec& codec,
                                        const RouteOf& route_of);

/// What a whole mail is to us.
struct MailReading {
    /// A verified tag of an original (no bounce, reply or quote); its instance may be foreign.
    std::optional<Tag> arrival;
    /// Why a tag-like text was not taken; at most one per mail.
    std::optional<TagReject> reject;
    /// No arrival, but read_bounce() is worth a try.
    bool maybe_report = false;
};

/// Reads header section and body.
[[nodiscard]] MailReading read_mail(const MailHeaders& headers, std::string_view body,
                                    const TagCodec& codec, const RouteOf& route_of);

/// body_digest() of the text after transfer decoding, so that the same text in base64 or
/// quoted-printable has the digest of the mail as sent.
[[nodiscard]] std::uint64_t decoded_body_digest(const MailHeaders& headers, std::string_view body);

/// The verified tag in our own X-Mailprobed-Tag field or our own Message-ID at the top level: what
/// a mail must show before it may be deleted as an arrival. Nothing if they contradict.
[[nodiscard]] std::optional<Tag> own_mark(const MailHeaders& headers, const TagCodec& codec);

/// What those two places say together: a tag, why there is none, or neither.
[[nodiscard]] TagEvidence own_evidence(const MailHeaders& headers, const TagCodec& codec);

/// The letters of that mark as they stand there; empty if none verifies.
[[nodiscard]] std::string own_letters(const MailHeaders& headers, const TagCodec& codec);

/// The tag of an original whose header section came back with a report: of its own marks, or of
/// subject or first line if it is nobody's answer (`quoted`).
[[nodiscard]] TagEvidence original_tag(const MailHeaders& headers, std::string_view first_line,
                                       const TagCodec& codec);

/// True for a copy that no server delivered: without Return-Path and its kind, and without any
/// Received field but those of a submission, as a sender's own server files what was sent.
[[nodiscard]] bool is_filed_copy(const MailHeaders& headers);

}  // namespace mailprobed
