// SPDX-License-Identifier: Apache-2.0
// The rules by which an arrival is recognised (RFC 3834, 6522; forged and quoted tags).
#include "probes/domain/identity/arrival.hpp"

#include "probes/base/ascii.hpp"
#include "probes/domain/identity/bounce_origin.hpp"
#include "probes/domain/identity/message.hpp"
#include "probes/domain/identity/own_text.hpp"
#include "probes/domain/identity/subject_marks.hpp"
#include "probes/domain/identity/tag_places.hpp"
#include "probes/domain/identity/tag_search.hpp"
#include "probes/wire/message/address.hpp"
#include "probes/wire/message/delivery_status.hpp"
#include "probes/wire/message/encoded_word.hpp"
#include "probes/wire/message/mime_part.hpp"

#include <algorithm>
#include <utility>

namespace mailprobed {
namespace {

// Copies that servers of our own make are few; each costs an HMAC.
constexpr std::size_t kMaxMarks = 16;

/// What stands in the places of a header section where our originals carry the tag.
struct Marks {
    /// X-Mailprobed-Tag and Message-ID.
    TagEvidence own;
    /// The subject behind marks.
    TagEvidence subject;
    /// Both, and the line of the body.
    TagEvidence all;
    /// The letters of the first that verified, own before subject.
    std::string letters;
};

void add_own(Marks& marks, const MailHeaders& headers, const TagCodec& codec) {
    std::size_t copies = 0;
    for (const HeaderField& field : headers.fields()) {
        std::string text;
        // Our own field counts even when it is mangled; elsewhere only what looks like a tag does.
        if (ascii_iequals(field.name, kTagHeader)) {
            text = tag_in_own_field(field.value);
            if (text.empty()) continue;
        } else if (ascii_iequals(field.name, "Message-ID")) {
            text = tag_in_message_id(field.value);
            if (!looks_like_tag(text)) continue;
        } else {
            continue;
        }
        if (copies++ == kMaxMarks) break;
        // The same letters say the same: two copies need not cost two HMACs.
        if (text == marks.letters) continue;
        const TagReading reading = codec.read(text);
        marks.own.add(reading);
        marks.all.add(reading);
        if (reading.tag && marks.letters.empty()) marks.letters = text;
    }
}

Marks marks_of(const MailHeaders& headers, std::string_view first_line, const TagCodec& codec) {
    Marks marks;
    add_own(marks, headers, codec);
    const std::string subject = words_decoded(headers.get("Subject").value_or(""));
    const std::string_view second = tag_in_subject(subject);
    if (looks_like_tag(second)) {
        const TagReading reading =
            second == marks.letters ? TagReading{marks.own.tag(), {}} : codec.read(second);
        marks.subject.add(reading);
        marks.all.add(reading);
        if (reading.tag && marks.letters.empty()) marks.letters = second;
    }
    const std::string_view word = first_word(first_line);
    if (looks_like_tag(word) && word != marks.letters) marks.all.add(codec.read(word));
    return marks;
}

/// A hop that took the mail from somebody who had logged in (RFC 3848), as a sender's own server
/// does before it files a copy.
bool is_submission(std::string_view received) {
    static constexpr std::array<std::string_view, 10> kProtocols{
        "ESMTPA",     "ESMTPSA",   "LMTPA",      "LMTPSA", "UTF8SMTPA",
        "UTF8SMTPSA", "UTF8LMTPA", "UTF8LMTPSA", "ASMTP",  "ASMTPS"};
    if (contains_nocase(received, "authenticated")) return true;
    for (bool with = false; !received.empty();) {
        const std::string_view word = take_word(received);
        if (with && std::ranges::any_of(kProtocols, [&](std::string_view protocol) {
                return ascii_iequals(word.substr(0, word.find(';')), protocol);
            })) {
            return true;
        }
        with = ascii_iequals(word, "with");
    }
    return false;
}

bool is_ours(const MailHeaders& headers, const std::optional<RouteFacts>& facts) {
    if (!facts || facts->from.empty()) return false;
    return ascii_iequals(address_of(words_decoded(headers.get("From").value_or(""))), facts->from);
}

/// Never an arrival, whatever stands on top.
bool is_report(const MailHeaders& headers, bool from_us) {
    return is_any_report(headers) || is_status_type(media_type(headers)) ||
           headers.get("X-Failed-Recipients") ||
           (!from_us && (is_from_daemon(headers) || is_from_postmaster(headers)));
}

bool may_hold_status(const MailHeaders& headers) {
    const std::string type = media_type(headers);
    return type.starts_with("multipart/") || type.starts_with("message/");
}

bool holds_status(const MailHeaders& headers, std::string_view body) {
    if (!may_hold_status(headers)) return false;
    return std::ranges::any_of(mime_leaves(headers, body, true),
                               [](const MimePart& part) { return is_status_type(part.type); });
}

/// Whether a header section without an own mark may be that of a report.
bool may_be_report(const MailHeaders& headers) {
    const std::string type = media_type(headers);
    const auto submitted = headers.get("Auto-Submitted");
    // A report whose main type a gateway changed says nothing of itself.
    const bool mixed = type.starts_with("multipart/") && type != "multipart/alternative";
    return mixed || type.starts_with("message/") || has_null_path(headers) ||
           is_from_daemon(headers) || is_from_postmaster(headers) ||
           headers.get("X-Failed-Recipients") ||
           (submitted && !ascii_iequals(trim_text(*submitted), "no"));
}

HeaderReading no_arrival(const MailHeaders& headers, std::optional<TagReject> reject) {
    return {may_be_report(headers) ? HeaderSays::maybe_report : HeaderSays::foreign, std::nullopt,
            reject};
}

bool is_plain_text(const MailHeaders& headers) {
    const std::string type = media_type(headers);
    const std::string_view coding =
        trim_text(headers.get("Content-Transfer-Encoding").value_or(""));
    return (type.empty() || type == "text/plain") &&
           (coding.empty() || ascii_iequals(coding, "7bit") || ascii_iequals(coding, "8bit"));
}

/// The header section's verdict and what it rests on.
struct Judged {
    HeaderReading reading;
    std::optional<RouteFacts> facts;
    bool own = false;
    std::string letters;
};

Judged judge_own(const MailHeaders& headers, Marks marks, const RouteOf& route_of) {
    Judged judged;
    judged.own = true;
    const Tag tag = *marks.own.tag();
    judged.facts = route_of(tag);
    const std::optional<RouteFacts>& facts = judged.facts;
    if (facts && facts->sender_mailbox && facts->leads_outside && is_filed_copy(headers))
        return judged;
    if (is_report(headers, is_ours(headers, facts))) {
        judged.reading = {HeaderSays::maybe_report, std::nullopt, TagReject::quoted};
        return judged;
    }
    const bool sure = !has_answer_mark(headers) && !may_hold_status(headers);
    judged.reading = {sure ? HeaderSays::arrival : HeaderSays::needs_body, tag, std::nullopt};
    judged.letters = std::move(marks.letters);
    return judged;
}

Judged judge(const MailHeaders& headers, std::string_view first_line, const TagCodec& codec,
             const RouteOf& route_of) {
    Marks marks = marks_of(headers, first_line, codec);
    Judged judged;
    if (marks.own.reject() == TagReject::conflicting ||
        (marks.own.tag() && marks.subject.tag() && *marks.own.tag() != *marks.subject.tag())) {
        judged.reading = no_arrival(headers, TagReject::conflicting);
        return judged;
    }
    if (marks.own.tag()) return judge_own(headers, std::move(marks), route_of);
    const std::optional<Tag> tag = marks.subject.tag();
    std::optional<TagReject> reject = marks.all.tag() ? TagReject::quoted : marks.all.reject();
    if (tag) judged.facts = route_of(*tag);
    const bool ours = tag && is_ours(headers, judged.facts) && !has_answer_mark(headers) &&
                      !is_report(headers, true);
    if (!ours) {
        judged.reading = no_arrival(headers, reject);
        return judged;
    }
    const RouteFacts& facts = *judged.facts;
    if (facts.sender_mailbox && facts.leads_outside && is_filed_copy(headers)) return judged;
    judged.letters = std::move(marks.letters);
    const bool sure = is_plain_text(headers) && !first_line.empty() &&
                      ascii_iequals(first_line.substr(0, first_line.find_last_not_of(" \t\r") + 1),
                                    judged.letters);
    judged.reading = {sure ? HeaderSays::arrival : HeaderSays::needs_body, tag, std::nullopt};
    return judged;
}

}  // namespace

HeaderReading read_header(const MailHeaders& headers, std::string_view first_body_line,
                          const TagCodec& codec, const RouteOf& route_of) {
    return judge(headers, first_body_line, codec, route_of).reading;
}

MailReading read_mail(const MailHeaders& headers, std::string_view body, const TagCodec& codec,
                      const RouteOf& route_of) {
    std::string_view rest = body;
    const Judged judged = judge(headers, take_line(rest), codec, route_of);
    const HeaderReading& reading = judged.reading;
    if (reading.says == HeaderSays::foreign) return {std::nullopt, reading.reject, false};
    if (reading.says == HeaderSays::maybe_report) return {std::nullopt, reading.reject, true};
    if (reading.says == HeaderSays::arrival) return {reading.tag, std::nullopt, false};
    const MailReading refused{std::nullopt, TagReject::quoted,
                              judged.own || may_be_report(headers)};
    if (holds_status(headers, body)) return refused;
    OwnText needed = OwnText::first_line;
    if (judged.own) {
        if (!has_answer_mark(headers)) return {reading.tag, std::nullopt, false};
        // Our server's report on our mail may carry our marks and our text; into the mailbox of
        // the receiver no such report comes.
        const bool sender = !judged.facts || judged.facts->sender_mailbox;
        needed = sender && is_unanswerable(headers) ? OwnText::whole : OwnText::beginning;
    }
    if (!holds_own_text(headers, body, judged.letters, needed)) return refused;
    return {reading.tag, std::nullopt, false};
}

std::uint64_t decoded_body_digest(const MailHeaders& headers, std::string_view body) {
    return body_digest(transfer_decoded(headers, body));
}

TagEvidence own_evidence(const MailHeaders& headers, const TagCodec& codec) {
    Marks marks;
    add_own(marks, headers, codec);
    return marks.own;
}

std::optional<Tag> own_mark(const MailHeaders& headers, const TagCodec& codec) {
    return own_evidence(headers, codec).tag();
}

std::string own_letters(const MailHeaders& headers, const TagCodec& codec) {
    Marks marks;
    add_own(marks, headers, codec);
    return marks.letters;
}

TagEvidence original_tag(const MailHeaders& headers, std::string_view first_line,
                         const TagCodec& codec) {
    const Marks marks = marks_of(headers, first_line, codec);
    if (marks.own.tag() || !marks.all.tag() || !has_answer_mark(headers)) return marks.all;
    TagEvidence quoted;
    quoted.add({std::nullopt, TagReject::quoted});
    return quoted;
}

bool is_filed_copy(const MailHeaders& headers) {
    static constexpr std::array<std::string_view, 5> kOfDelivery{
        "Return-Path", "Delivered-To", "X-Original-To", "Envelope-To", "Delivery-Date"};
    return std::ranges::none_of(headers.fields(), [](const HeaderField& field) {
        if (ascii_iequals(field.name, "Received")) return !is_submission(field.value);
        return std::ranges::any_of(
            kOfDelivery, [&](std::string_view name) { return ascii_iequals(field.name, name); });
    });
}

}  // namespace mailprobed
