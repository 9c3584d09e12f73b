// SPDX-License-Identifier: Apache-2.0
// The fields of message/delivery-status: one block for the message, one for each recipient.
#include "probes/wire/delivery_status.hpp"

#include "probes/wire/ascii.hpp"
#include "probes/wire/comments.hpp"
#include "probes/wire/escape.hpp"
#include "probes/wire/mime_part.hpp"
#include "probes/wire/status_code.hpp"

#include <algorithm>

namespace mailprobed {
namespace {

constexpr std::size_t kMaxText = 1024;
constexpr std::size_t kMaxWord = 32;
constexpr std::size_t kMaxReturned = 64UL * 1024UL;
constexpr std::size_t kDots = 3;

std::string first_word(std::string_view text) {
    if (!skip_comments(text)) return {};
    std::string word = escaped(text.substr(0, text.find_first_of(" \t(;")), kMaxWord);
    std::ranges::transform(word, word.begin(), ascii_lower);
    return word;
}

void read_block(const MailHeaders& block, DeliveryStatus& result) {
    if (const auto id = block.get("Original-Envelope-Id");
        id && result.original_envelope_id.empty() && result.recipients.empty()) {
        result.original_envelope_id = from_xtext(id->substr(0, kMaxText));
    }
    const auto action = block.get("Action");
    if (!action && !block.get("Final-Recipient") && !block.get("Original-Recipient")) return;
    RecipientStatus& recipient = result.recipients.emplace_back();
    recipient.action = first_word(action.value_or(""));
    recipient.status = find_status_code(block.get("Status").value_or("").substr(0, kMaxText));
    recipient.diagnostic = escaped(block.get("Diagnostic-Code").value_or(""), kMaxText - kDots);
}

void read_blocks(std::string_view text, DeliveryStatus& result) {
    MailHeaders block;
    while (!text.empty() && result.recipients.size() < kMaxStatusRecipients) {
        const std::string_view line = take_line(text);
        if (!trimmed(line).empty()) block.add_line(line);
        if (!trimmed(line).empty() && !text.empty()) continue;
        read_block(block, result);
        block = {};
    }
}

void read_returned(std::string_view text, DeliveryStatus& result) {
    const std::string_view whole = text;
    std::size_t size = 0;
    while (!text.empty()) {
        const std::string_view line = take_line(text);
        if (line.empty()) break;
        size = whole.size() - text.size();
    }
    result.returned_headers = whole.substr(0, std::min(size, kMaxReturned));
    result.returned_first_line = take_line(text).substr(0, kMaxText);
}

bool is_status(std::string_view type) noexcept {
    return type == "message/delivery-status" || type == "message/global-delivery-status";
}

bool is_returned(std::string_view type) noexcept {
    return type == "message/rfc822" || type == "text/rfc822-headers" || type == "message/global" ||
           type == "message/global-headers" || type == "message/rfc822-headers";
}

}  // namespace

std::string from_xtext(std::string_view text) {
    std::string result;
    result.reserve(text.size());
    for (std::size_t at = 0; at < text.size(); ++at) {
        const bool coded = text[at] == '+' && at + 2 < text.size();
        const auto high = coded ? ascii_hex(text[at + 1]) : std::nullopt;
        const auto low = coded ? ascii_hex(text[at + 2]) : std::nullopt;
        if (high && low) {
            result += static_cast<char>(*high << 4U | *low);
            at += 2;
        } else {
            result += text[at];
        }
    }
    return result;
}

bool is_delivery_report(const MailHeaders& headers) {
    if (media_type(headers) != "multipart/report") return false;
    const std::string kind = media_parameter(headers, "report-type");
    return kind.empty() || ascii_iequals(kind, "delivery-status") ||
           ascii_iequals(kind, "global-delivery-status");
}

std::optional<DeliveryStatus> read_delivery_status(const MailHeaders& headers,
                                                   std::string_view body) {
    if (!is_delivery_report(headers)) return std::nullopt;
    DeliveryStatus result;
    bool found = false;
    bool returned = false;
    for (const MimePart& part : mime_parts(headers, body.substr(0, kMaxReportBytes))) {
        // A second one of either is not of this report.
        if (!found && is_status(part.type)) {
            read_blocks(part.text, result);
            found = true;
        } else if (!returned && is_returned(part.type)) {
            read_returned(part.text, result);
            returned = true;
        }
    }
    if (!found) return std::nullopt;
    return result;
}

}  // namespace mailprobed
