// SPDX-License-Identifier: Apache-2.0
// Comparing recipients, and the words and codes of RFC 3464 as servers write them.
#include "probes/domain/identity/reported.hpp"

#include "probes/base/ascii.hpp"
#include "probes/domain/identity/bounce_origin.hpp"
#include "probes/wire/message/address.hpp"
#include "probes/wire/message/encoded_word.hpp"
#include "probes/wire/message/status_code.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace mailprobed {
namespace {

/// What a block says; the worst first.
enum class Said : std::uint8_t { failed, delayed, other, nothing };

/// Whose a block is; the best known first.
enum class Whose : std::uint8_t { ours, near, unknown, others };

bool any_in(std::string_view text, auto words) {
    return std::ranges::any_of(
        words, [&](std::string_view word) { return text.find(word) != std::string_view::npos; });
}

Said said_by(const RecipientStatus& block, char code_class) {
    static constexpr std::array<std::string_view, 14> kFailed{
        "fail", "fatal", "error", "undeliv", "bounce", "reject",  "refus",
        "perm", "fehl",  "echec", "return",  "denied", "expired", "invalid"};
    static constexpr std::array<std::string_view, 12> kDelayed{
        "delay", "defer", "retry",  "retri",   "queue", "warn",
        "pend",  "trans", "tempor", "postpon", "try",   "wait"};
    static constexpr std::array<std::string_view, 6> kDone{"deliver", "relay",   "expand",
                                                           "success", "display", "forward"};
    const std::string_view word = block.action;
    // "not-delivered"
    const bool denies =
        word.starts_with("not") || word.starts_with("non") || word.starts_with("un");
    if (any_in(word, kFailed) || (denies && any_in(word, kDone))) return Said::failed;
    if (any_in(word, kDelayed)) return Said::delayed;
    if (any_in(word, kDone)) return Said::other;
    if (code_class == '5') return Said::failed;
    if (code_class == '4') return Said::delayed;
    if (code_class == '2') return Said::other;
    return Said::nothing;
}

/// The class by Status, else by what stands in Diagnostic-Code; 0 if neither says it.
char class_of(const RecipientStatus& block) {
    if (!block.status.empty()) return block.status.front();
    const std::string_view code = find_status_code(block.diagnostic);
    if (!code.empty()) return code.front();
    const std::string_view reply = find_reply_code(block.diagnostic);
    return reply.empty() ? '\0' : reply.front();
}

/// The same address, also where xtext of ORCPT was left as it is (RFC 3461 4).
bool same_address(std::string_view a, std::string_view ours) {
    return ascii_iequals(a, ours) || ascii_iequals(address_of(from_xtext(a)), ours);
}

Whose whose(const RecipientStatus& block, const RouteFacts& facts, bool own_original) {
    const std::string_view original = own_original ? block.original_recipient : std::string_view{};
    const std::string_view end = block.final_recipient;
    if (!original.empty() && !same_address(original, facts.recipient)) return Whose::others;
    if (end.empty()) return Whose::unknown;
    if (same_address(end, facts.recipient)) return Whose::ours;
    if (related_domains(domain_of(end), domain_of(facts.recipient))) return Whose::near;
    return Whose::unknown;
}

/// The part that it stands in says that it is about another mail.
bool of_another_envelope(const RecipientStatus& block, const ReportEvidence& evidence) {
    return !evidence.envelope_id.empty() && !block.envelope_id.empty() &&
           block.envelope_id != evidence.envelope_id;
}

StatusClass status_class_by(char code_class) noexcept {
    if (code_class == '4') return StatusClass::transient;
    return code_class == '5' ? StatusClass::permanent : StatusClass::unknown;
}

}  // namespace

FailedRecipients failed_recipients(const MailHeaders& headers, const RouteFacts& facts) {
    bool ours = false;
    bool others = false;
    for (const HeaderField& field : headers.fields()) {
        if (!ascii_iequals(field.name, "X-Failed-Recipients")) continue;
        for (const std::string& address : addresses_in(words_decoded(field.value)))
            (ascii_iequals(address, facts.recipient) ? ours : others) = true;
    }
    if (ours) return others ? FailedRecipients::several : FailedRecipients::ours;
    return others ? FailedRecipients::others : FailedRecipients::none;
}

Reported reported_by(const DeliveryStatus& report, const std::optional<RouteFacts>& facts,
                     bool own_original, const ReportEvidence& evidence) {
    Reported result;
    const RecipientStatus* chosen = nullptr;
    Whose chosen_whose = Whose::others;
    Said chosen_said = Said::nothing;
    result.ours_alone = !report.recipients.empty() && !report.more_recipients && !report.relabelled;
    for (const RecipientStatus& block : report.recipients) {
        Whose is = facts ? whose(block, *facts, own_original) : Whose::unknown;
        if (is == Whose::near && !(evidence.certain && !evidence.mixed)) is = Whose::unknown;
        if (of_another_envelope(block, evidence)) is = Whose::others;
        const Said said = said_by(block, class_of(block));
        const bool original_ours =
            own_original && facts && !block.original_recipient.empty() && is != Whose::others;
        if (is == Whose::others || (is == Whose::unknown && !original_ours))
            result.ours_alone = false;
        if (is == Whose::others) continue;
        if (chosen != nullptr && (is > chosen_whose || (is == chosen_whose && said >= chosen_said)))
            continue;
        chosen = &block;
        chosen_whose = is;
        chosen_said = said;
    }
    result.about_others = chosen == nullptr && !report.recipients.empty();
    if (chosen == nullptr || chosen_said == Said::nothing) return result;
    result.told = true;
    result.action = chosen_said == Said::failed    ? BounceAction::failed
                    : chosen_said == Said::delayed ? BounceAction::delayed
                                                   : BounceAction::other;
    result.status = chosen->status;
    result.diagnostic = chosen->diagnostic;
    if (result.status.empty()) result.status = find_status_code(chosen->diagnostic);
    result.status_class = status_class_by(class_of(*chosen));
    result.weak = chosen_whose == Whose::unknown || report.relabelled;
    return result;
}

}  // namespace mailprobed
