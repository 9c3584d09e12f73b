// SPDX-License-Identifier: Apache-2.0
// The rules by which a report is matched to a mail and understood.
#include "probes/domain/bounce.hpp"

#include "probes/domain/arrival.hpp"
#include "probes/domain/bounce_origin.hpp"
#include "probes/domain/tag_places.hpp"
#include "probes/domain/tag_search.hpp"
#include "probes/wire/ascii.hpp"
#include "probes/wire/delivery_status.hpp"
#include "probes/wire/escape.hpp"
#include "probes/wire/mime_part.hpp"
#include "probes/wire/status_code.hpp"

#include <algorithm>
#include <utility>

namespace mailprobed {
namespace {

static_assert(kMaxBounceBytes == kMaxReportBytes);
constexpr std::size_t kMaxDiagnostic = 1021;  // escaped() may add three dots
constexpr std::size_t kNearBefore = 4096;
constexpr std::size_t kNearBehind = 1024;

/// All text of a mail, one level of MIME undone; a daemon's subject often quotes ours.
std::string readable_text(const MailHeaders& headers, std::string_view body) {
    std::string text;
    if (is_from_mail_system(headers))
        text.append(headers.get("Subject").value_or("")).append("\n\n");
    if (!media_type(headers).starts_with("multipart/")) {
        return text += transfer_decoded(headers, body);
    }
    const auto parts = mime_parts(headers, body);
    if (parts.empty()) return text.append(body);
    for (const MimePart& part : parts)
        text.append(part.text).append("\n\n");
    return text;
}

BounceAction action_of(std::string_view word) noexcept {
    if (word == "failed") return BounceAction::failed;
    if (word == "delayed") return BounceAction::delayed;
    return BounceAction::other;
}

/// What a report says of the one recipient that our mails have; of several, the worst.
void take_action(const DeliveryStatus& report, Bounce& bounce) {
    const RecipientStatus* chosen = nullptr;
    for (const RecipientStatus& recipient : report.recipients) {
        if (chosen == nullptr || action_of(recipient.action) < action_of(chosen->action)) {
            chosen = &recipient;
        }
    }
    if (chosen == nullptr) return;
    bounce.action = action_of(chosen->action);
    bounce.status = chosen->status;
    bounce.diagnostic = chosen->diagnostic;
    if (bounce.status.empty()) bounce.status = find_status_code(bounce.diagnostic);
    bounce.status_class = status_class_of(bounce.status);
}

/// A code is unmistakable behind a reply code of its class, behind "#" or behind "Status:";
/// elsewhere it may be a version or a number of something else.
bool is_unmistakable(std::string_view text, std::string_view code) noexcept {
    std::string_view before = text.substr(0, static_cast<std::size_t>(code.data() - text.data()));
    if (before.ends_with('#')) return true;
    const bool joined = before.ends_with(' ') || before.ends_with('-');
    if (joined) before.remove_suffix(1);
    if (before.ends_with(':')) {
        before.remove_suffix(1);
        return before.size() >= 6 && ascii_iequals(before.substr(before.size() - 6), "status");
    }
    if (!joined || before.size() < 3) return false;
    const std::string_view reply = before.substr(before.size() - 3);
    return reply[0] == code[0] && ascii_digit(reply[1]) && ascii_digit(reply[2]) &&
           (before.size() == 3 || !ascii_digit(before[before.size() - 4]));
}

std::string_view line_around(std::string_view text, std::size_t at) noexcept {
    const std::size_t begin = text.substr(0, at).rfind('\n') + 1;  // npos + 1 is the beginning
    return trim_text(text.substr(begin, text.find('\n', at) - begin));
}

/// The status in a letter made for people; nothing if its codes disagree.
void take_status(std::string_view text, std::size_t tag_at, Bounce& bounce) {
    const std::size_t begin = tag_at - std::min(tag_at, kNearBefore);
    const std::string_view near = text.substr(begin, tag_at - begin + kNearBehind);
    std::string_view first;
    for (std::string_view code = find_status_code(near); !code.empty();) {
        const auto at = static_cast<std::size_t>(code.data() - near.data());
        if (code[0] != '2' && is_unmistakable(near, code)) {
            if (first.empty()) first = code;
            if (first[0] != code[0]) return;
        }
        code = find_status_code(near, at + code.size());
    }
    if (first.empty()) return;
    bounce.status = first;
    bounce.status_class = status_class_of(first);
    bounce.diagnostic = escaped(
        line_around(near, static_cast<std::size_t>(first.data() - near.data())), kMaxDiagnostic);
}

/// Servers without RFC 3464 write warnings too, and those must not look like the end.
bool is_warning(const MailHeaders& headers, std::string_view text, std::size_t tag_at) noexcept {
    const std::string_view subject = trim_text(headers.get("Subject").value_or(""));
    if (starts_with_nocase(subject, "warning") || contains_nocase(subject, "delay")) return true;
    const std::string_view before = text.substr(0, std::min(tag_at, kNearBefore));
    for (const std::string_view phrase : {"warning message only", "not yet been delivered",
                                          "still being retried", "will continue to be"}) {
        if (contains_nocase(before, phrase)) return true;
    }
    return false;
}

BounceReading rejected(std::optional<TagReject> reason) {
    return {std::nullopt, reason};
}

/// A report tells of the mail by its envelope id or by the headers it returns.
BounceReading read_report(const MailHeaders& headers, std::string_view body,
                          const DeliveryStatus& report, const TagCodec& codec) {
    TagEvidence evidence;
    // Mail programs that send as our account use envelope ids of their own.
    if (looks_like_tag(report.original_envelope_id)) {
        evidence.add(codec.read(report.original_envelope_id));
    }
    MailHeaders returned;
    for (std::string_view rest = report.returned_headers; !rest.empty();)
        returned.add_line(take_line(rest));
    const Arrival original = classify(returned, report.returned_first_line, codec);
    if (original.tag || original.reject) evidence.add({original.tag, original.reject});
    // Without either, the tag may stand in the letter that comes with the report.
    const bool silent = !evidence.tag() && !evidence.reject();
    if (silent && is_from_mail_system(headers)) {
        evidence = search_tags(readable_text(headers, body), codec);
    }
    if (!evidence.tag()) return rejected(evidence.reject());
    Bounce bounce;
    bounce.tag = *evidence.tag();
    take_action(report, bounce);
    return {std::move(bounce), std::nullopt};
}

BounceReading read_letter(const MailHeaders& headers, std::string_view body,
                          const TagCodec& codec) {
    const std::string text = readable_text(headers, body);
    const TagEvidence evidence = search_tags(text, codec);
    if (!evidence.tag()) return rejected(evidence.reject());
    // Reports about readers, complaints, reports cut short: none of them says that it failed.
    if (is_any_report(headers) || is_automatic_answer(headers) || !is_from_mail_system(headers)) {
        return rejected(TagReject::quoted);
    }
    Bounce bounce;
    bounce.tag = *evidence.tag();
    bounce.action = is_warning(headers, text, evidence.position()) ? BounceAction::delayed
                                                                   : BounceAction::failed;
    take_status(text, evidence.position(), bounce);
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

bool may_be_bounce(const MailHeaders& headers) noexcept {
    if (carries_own_tag(headers)) return false;
    return is_any_report(headers) || has_null_path(headers) || is_from_mail_system(headers) ||
           starts_with_nocase(trim_text(headers.get("Auto-Submitted").value_or("")),
                              "auto-replied");
}

BounceReading read_bounce(const MailHeaders& headers, std::string_view body,
                          const TagCodec& codec) {
    if (carries_own_tag(headers)) return {};
    body = body.substr(0, kMaxBounceBytes);
    const auto report = read_delivery_status(headers, body);
    return report ? read_report(headers, body, *report, codec) : read_letter(headers, body, codec);
}

}  // namespace mailprobed
