// SPDX-License-Identifier: Apache-2.0
// The rules by which a report is matched to a mail and understood.
#include "probes/domain/identity/bounce.hpp"

#include "probes/base/ascii.hpp"
#include "probes/domain/identity/bounce_origin.hpp"
#include "probes/domain/identity/letter.hpp"
#include "probes/domain/identity/own_text.hpp"
#include "probes/domain/identity/report_evidence.hpp"
#include "probes/domain/identity/report_words.hpp"
#include "probes/domain/identity/reported.hpp"
#include "probes/domain/identity/tag_places.hpp"
#include "probes/domain/identity/tag_search.hpp"
#include "probes/wire/message/address.hpp"
#include "probes/wire/message/delivery_status.hpp"
#include "probes/wire/message/folded_letters.hpp"

#include <algorithm>
#include <utility>

namespace mailprobed {
namespace {

static_assert(kMaxBounceBytes == kMaxReportBytes);
// Hundreds of words are looked for; a letter says what it has to say soon.
constexpr std::size_t kMaxWords = 16UL * 1024UL;

BounceReading rejected(std::optional<TagReject> reason) {
    return {std::nullopt, reason};
}

/// Who wrote a letter, as far as it decides how much it must say.
struct Author {
    /// No person writes under such a name.
    bool daemon = false;
    bool null_path = false;
    bool postmaster = false;

    explicit Author(const MailHeaders& headers)
        : daemon(is_from_daemon(headers) || headers.get("X-Failed-Recipients")),
          null_path(has_null_path(headers)),
          postmaster(is_from_postmaster(headers) || !headers.get("From")) {}
};

/// A person who answers for the mail system, not the system: with a path to answer to, and no word
/// that it was written by a machine.
bool is_person(const MailHeaders& headers, const Author& author) {
    if (author.daemon || author.null_path || is_any_report(headers)) return false;
    const std::string_view submitted = trim_text(headers.get("Auto-Submitted").value_or(""));
    return headers.get("Return-Path") && !starts_with_nocase(submitted, "auto-");
}

/// What the prose of a letter says became of the mail; nothing if it speaks of something else.
struct Told {
    BounceAction action = BounceAction::other;
    bool strong = false;
};
std::optional<Told> told_by(const MailHeaders& headers, const Letter& letter,
                            const QuotedCodes& codes, const std::optional<RouteFacts>& facts,
                            bool silent_report) {
    const Author author(headers);
    const Speech title = speech_of(folded_letters(letter.subject));
    const Speech text =
        speech_of(folded_letters(letter.subject + " " + letter.words.substr(0, kMaxWords)));
    // A person's or a ticket system's program: a number alone is no failure.
    const bool answering =
        !author.daemon && !author.postmaster &&
        starts_with_nocase(trim_text(headers.get("Auto-Submitted").value_or("")), "auto-replied");
    if (answering && !text.failure && codes.status.empty()) return std::nullopt;
    const bool permanent = codes.status_class == StatusClass::permanent;
    const bool over = text.given_up || codes.expired;
    if (!author.daemon && text.answer && !permanent) return std::nullopt;
    if (text.delay && !over && !(permanent && title.failure && !title.delay))
        return Told{BounceAction::delayed, false};
    if (codes.status_class == StatusClass::transient && !over && !title.failure)
        return Told{BounceAction::delayed, false};
    const bool wordless = !text.failure && !codes.any_permanent && !over;
    if (wordless && text.success) return Told{BounceAction::other, false};
    const bool evident = codes.any_permanent || over || title.failure;
    // Daemons write about failures only, so that they need not name one in words that are known; a
    // postmaster with a null path must, all others in their title or with a code.
    const bool enough = author.daemon || silent_report ? evident || text.failure || text.denial
                        : author.postmaster && (author.null_path || is_any_report(headers))
                            ? evident || text.failure
                            : evident;
    if (!enough) return std::nullopt;
    Told told{BounceAction::failed, false};
    if (!facts || text.delay || text.success) return told;
    const FailedRecipients listed = failed_recipients(headers, *facts);
    told.strong = listed == FailedRecipients::ours ||
                  (permanent && (author.null_path || author.daemon) && !text.answer &&
                   listed != FailedRecipients::several &&
                   !names_others(letter.words, facts->recipient, facts->from));
    return told;
}

BounceReading read_letter(const MailHeaders& headers, const Letter& letter, Bounce bounce,
                          const std::optional<RouteFacts>& facts, bool silent_report, bool mixed) {
    const Author author(headers);
    const bool system = is_from_mail_system(headers) || is_delivery_report(headers);
    if (!system || is_person(headers, author) || is_somebodys_answer(headers) ||
        (is_from_list(headers) && !author.daemon)) {
        return rejected(TagReject::quoted);
    }
    const QuotedCodes codes = codes_in(letter.words);
    const std::optional<Told> told = told_by(headers, letter, codes, facts, silent_report);
    if (!told) return rejected(TagReject::quoted);
    bounce.action = told->action;
    bounce.weak = !told->strong || mixed;
    bounce.status = codes.status;
    bounce.status_class = codes.status_class;
    bounce.diagnostic = codes.line;
    return {std::move(bounce), std::nullopt};
}

}  // namespace

std::string_view to_string(BounceAction action) noexcept {
    switch (action) {
        case BounceAction::failed:
            return "failed";
        case BounceAction::delayed:
            return "delayed";
        case BounceAction::other:
            return "other";
    }
    return "?";
}

std::string_view to_string(StatusClass status_class) noexcept {
    switch (status_class) {
        case StatusClass::transient:
            return "transient";
        case StatusClass::permanent:
            return "permanent";
        case StatusClass::unknown:
            return "unknown";
    }
    return "?";
}

StatusClass status_class_of(std::string_view status) noexcept {
    if (status.starts_with("4.")) return StatusClass::transient;
    if (status.starts_with("5.")) return StatusClass::permanent;
    return StatusClass::unknown;
}

BounceReading read_bounce(const MailHeaders& headers, std::string_view body, const TagCodec& codec,
                          const RouteOf& route_of) {
    body = body.substr(0, kMaxBounceBytes);
    if (read_mail(headers, body, codec, route_of).arrival) return {};
    const std::optional<Tag> mark = own_mark(headers, codec);
    if (mark && is_filed_copy(headers) && !is_any_report(headers)) return {};
    const Letter letter = open_letter(headers, body);
    const std::optional<DeliveryStatus> report = status_among(letter.leaves);
    const ReportEvidence evidence = evidence_of(headers, letter, report, codec);
    const std::optional<Tag> tag = evidence.tags.tag();
    if (!tag) return rejected(evidence.tags.reject());
    // Our own text with something around it is no report, whoever is said to have sent it.
    const bool ours =
        mark && holds_own_text(headers, body, own_letters(headers, codec), OwnText::beginning);
    if (letter.of_another_kind || ours) return rejected(TagReject::quoted);
    const std::optional<RouteFacts> facts = route_of(*tag);
    if (facts && failed_recipients(headers, *facts) == FailedRecipients::others)
        return rejected(TagReject::quoted);
    Bounce bounce;
    bounce.tag = *tag;
    if (report && !report->recipients.empty()) {
        const Author author(headers);
        Reported reported = reported_by(*report, facts, !is_from_exchange(headers), evidence);
        if (reported.about_others) return rejected(TagReject::quoted);
        if (reported.told) {
            bounce.action = reported.action;
            bounce.status_class = reported.status_class;
            bounce.status = std::move(reported.status);
            bounce.diagnostic = std::move(reported.diagnostic);
            bounce.weak = reported.weak || evidence.other_header;
            bounce.about_us_alone = reported.ours_alone && evidence.certain && !evidence.mixed &&
                                    is_delivery_report(headers) &&
                                    (author.daemon || author.null_path || author.postmaster);
            return {std::move(bounce), std::nullopt};
        }
    }
    return read_letter(headers, letter, std::move(bounce), facts, report.has_value(),
                       evidence.mixed);
}

}  // namespace mailprobed
