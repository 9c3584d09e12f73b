// SPDX-License-Identifier: Apache-2.0
// The rules by which a report is matched to a mail and understood.
#include "probes/domain/bounce.hpp"

#include "probes/domain/bounce_origin.hpp"
#include "probes/domain/letter.hpp"
#include "probes/domain/own_text.hpp"
#include "probes/domain/report_words.hpp"
#include "probes/domain/reported.hpp"
#include "probes/domain/tag_places.hpp"
#include "probes/domain/tag_search.hpp"
#include "probes/wire/address.hpp"
#include "probes/wire/ascii.hpp"
#include "probes/wire/delivery_status.hpp"
#include "probes/wire/folded_letters.hpp"

#include <algorithm>
#include <utility>

namespace mailprobed {
namespace {

static_assert(kMaxBounceBytes == kMaxReportBytes);

BounceReading rejected(std::optional<TagReject> reason) {
    return {std::nullopt, reason};
}

/// A report tells of the mail by its envelope id or by the headers it returns.
TagEvidence evidence_in(const MailHeaders& headers, const Letter& letter,
                        const std::optional<DeliveryStatus>& report, const TagCodec& codec) {
    if (!report) return search_tags(letter.all, codec);
    TagEvidence evidence;
    // Mail programs that send as our account use envelope ids of their own.
    if (looks_like_tag(report->original_envelope_id)) {
        evidence.add(codec.read(report->original_envelope_id));
    }
    MailHeaders returned;
    for (std::string_view rest = report->returned_headers; !rest.empty();)
        returned.add_line(take_line(rest));
    const TagEvidence original = original_tag(returned, report->returned_first_line, codec);
    if (original.tag() || original.reject()) evidence.add({original.tag(), original.reject()});
    // Without either, the tag may stand in the letter that comes with the report.
    const bool silent = !evidence.tag() && !evidence.reject();
    if (silent && is_from_mail_system(headers)) return search_tags(letter.all, codec);
    return evidence;
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
    const Speech text = speech_of(folded_letters(letter.subject + " " + letter.words));
    const bool permanent = codes.status_class == StatusClass::permanent;
    const bool over = text.given_up || codes.expired;
    if (!author.daemon && text.answer && !permanent) return std::nullopt;
    if (text.delay && !over && !(permanent && title.failure && !title.delay))
        return Told{BounceAction::delayed, false};
    if (codes.status_class == StatusClass::transient && !over && !title.failure)
        return Told{BounceAction::delayed, false};
    const bool wordless = !text.failure && !permanent && !over;
    if (wordless && text.success) return Told{BounceAction::other, false};
    const bool evident = permanent || over || title.failure;
    // Daemons write about nothing else; a postmaster's letter with a null path must say it in some
    // words, all others in their title or with a code.
    const bool enough = author.daemon || silent_report
                            ? letter.words.find_first_not_of(" \t\r\n") != std::string::npos
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
                          const std::optional<RouteFacts>& facts, bool silent_report) {
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
    bounce.weak = !told->strong;
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
    const TagEvidence evidence = evidence_in(headers, letter, report, codec);
    if (!evidence.tag()) return rejected(evidence.reject());
    // Our own text with something around it is no report, whoever is said to have sent it.
    const bool ours =
        mark && holds_own_text(headers, body, own_letters(headers, codec), OwnText::beginning);
    if (letter.of_another_kind || ours) return rejected(TagReject::quoted);
    const std::optional<RouteFacts> facts = route_of(*evidence.tag());
    if (facts && failed_recipients(headers, *facts) == FailedRecipients::others)
        return rejected(TagReject::quoted);
    Bounce bounce;
    bounce.tag = *evidence.tag();
    if (report && !report->recipients.empty()) {
        const Author author(headers);
        Reported reported = reported_by(*report, facts, !is_from_exchange(headers));
        if (reported.about_others) return rejected(TagReject::quoted);
        if (reported.told) {
            bounce.action = reported.action;
            bounce.status_class = reported.status_class;
            bounce.status = std::move(reported.status);
            bounce.diagnostic = std::move(reported.diagnostic);
            bounce.weak = reported.weak;
            bounce.about_us_alone = reported.ours_alone && is_delivery_report(headers) &&
                                    (author.daemon || author.null_path || author.postmaster);
            return {std::move(bounce), std::nullopt};
        }
    }
    return read_letter(headers, letter, std::move(bounce), facts, report.has_value());
}

}  // namespace mailprobed
