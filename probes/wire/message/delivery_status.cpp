// SPDX-License-Identifier: Apache-2.0
// The fields of message/delivery-status: one block for the message, one for each recipient.
#include "probes/wire/message/delivery_status.hpp"

#include "probes/base/ascii.hpp"
#include "probes/base/escape.hpp"
#include "probes/base/hex_pairs.hpp"
#include "probes/wire/message/address.hpp"
#include "probes/wire/message/comments.hpp"
#include "probes/wire/message/status_code.hpp"

#include <algorithm>

namespace mailprobed {
namespace {

constexpr std::size_t kMaxText = 1024;
constexpr std::size_t kMaxWord = 32;
constexpr std::size_t kMaxReturned = 64UL * 1024UL;
constexpr std::size_t kDots = 3;
constexpr int kFirstLines = 40;

std::string first_word(std::string_view text) {
    if (!skip_comments(text)) return {};
    std::string word = escaped(text.substr(0, text.find_first_of(" \t(;")), kMaxWord);
    std::ranges::transform(word, word.begin(), ascii_lower);
    return word;
}

/// An address field, its xtext decoded where that is what makes it one (RFC 3461 4.2).
std::string recipient_of(std::string_view field) {
    return address_of(field.substr(0, kMaxText));
}

/// One status part: its recipients begin with `first`.
struct StatusPart {
    std::size_t first = 0;
    std::string envelope_id;
};

void read_block(const MailHeaders& block, StatusPart& part, DeliveryStatus& result) {
    if (const auto id = block.get("Original-Envelope-Id");
        id && part.envelope_id.empty() && result.recipients.size() == part.first) {
        part.envelope_id = from_xtext(id->substr(0, kMaxText));
        if (result.original_envelope_id.empty()) result.original_envelope_id = part.envelope_id;
    }
    const auto action = block.get("Action");
    const std::string_view status = block.get("Status").value_or("").substr(0, kMaxText);
    const std::string_view final_recipient = block.get("Final-Recipient").value_or("");
    const std::string_view original = block.get("Original-Recipient").value_or("");
    if (!action && status.empty() && final_recipient.empty() && original.empty()) return;
    if (result.recipients.size() == kMaxStatusRecipients) {
        result.more_recipients = true;
        return;
    }
    if (part.first > 0) result.several_parts = true;
    RecipientStatus& recipient = result.recipients.emplace_back();
    recipient.envelope_id = part.envelope_id;
    recipient.action = first_word(action.value_or(""));
    recipient.status = find_status_code(status);
    recipient.original_recipient = recipient_of(original);
    recipient.final_recipient = recipient_of(final_recipient);
    recipient.diagnostic = escaped(block.get("Diagnostic-Code").value_or(""), kMaxText - kDots);
}

void read_blocks(std::string_view text, DeliveryStatus& result) {
    StatusPart part{result.recipients.size(), {}};
    MailHeaders block;
    while (!text.empty() && !result.more_recipients) {
        const std::string_view line = take_line(text);
        const bool blank = trimmed(line).empty();
        if (!blank) block.add_line(line);
        if (!blank && !text.empty()) continue;
        read_block(block, part, result);
        block = {};
    }
}

/// The fields of a status part that a gateway calls text; prose does not begin with one.
bool reads_as_status(std::string_view text) {
    MailHeaders fields;
    for (int lines = 0; !text.empty() && lines < kFirstLines; ++lines) {
        const std::string_view line = take_line(text);
        if (trimmed(line).empty()) continue;
        if (fields.fields().empty() && line.find(':') == std::string_view::npos) return false;
        fields.add_line(line);
    }
    return fields.get("Final-Recipient") && (fields.get("Action") || fields.get("Status"));
}

ReturnedMail read_returned(std::string_view text) {
    text.remove_prefix(std::min(text.find_first_not_of("\r\n"), text.size()));
    const std::string_view whole = text;
    std::size_t size = 0;
    while (!text.empty()) {
        const std::string_view line = take_line(text);
        if (line.empty()) break;
        size = whole.size() - text.size();
    }
    return {std::string(whole.substr(0, std::min(size, kMaxReturned))),
            std::string(take_line(text).substr(0, kMaxText))};
}

}  // namespace

std::string from_xtext(std::string_view text) {
    return hex_pairs_decoded(text, '+');
}

bool is_delivery_report(const MailHeaders& headers) {
    if (media_type(headers) != "multipart/report") return false;
    const std::string kind = media_parameter(headers, "report-type");
    return kind.empty() || ascii_iequals(kind, "delivery-status") ||
           ascii_iequals(kind, "global-delivery-status");
}

bool is_status_type(std::string_view type) noexcept {
    return type == "message/delivery-status" || type == "message/global-delivery-status";
}

bool is_returned_type(std::string_view type) noexcept {
    return type == "message/rfc822" || type == "text/rfc822-headers" || type == "message/global" ||
           type == "message/global-headers" || type == "message/rfc822-headers" ||
           type == "text/rfc822";
}

std::optional<DeliveryStatus> status_among(const std::vector<MimePart>& leaves) {
    DeliveryStatus result;
    bool found = false;
    for (const MimePart& part : leaves) {
        if (!is_status_type(part.type)) continue;
        read_blocks(part.text, result);
        found = true;
    }
    for (const MimePart& part : leaves) {
        if (found || !part.type.starts_with("text/") || !reads_as_status(part.text)) continue;
        read_blocks(part.text, result);
        found = result.relabelled = true;
    }
    if (!found) return std::nullopt;
    return result;
}

std::vector<ReturnedMail> returned_among(const std::vector<MimePart>& leaves) {
    std::vector<ReturnedMail> mails;
    for (const MimePart& part : leaves) {
        if (mails.size() < kMaxReturnedMails && is_returned_type(part.type))
            mails.push_back(read_returned(part.text));
    }
    return mails;
}

std::optional<DeliveryStatus> read_delivery_status(const MailHeaders& headers,
                                                   std::string_view body) {
    return status_among(mime_leaves(headers, body.substr(0, kMaxReportBytes)));
}

}  // namespace mailprobed
