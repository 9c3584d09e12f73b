// SPDX-License-Identifier: Apache-2.0
// Fuzz target: delivery reports and the MIME around them.
#include "probes/wire/message/delivery_status.hpp"

#include "probes/wire/message/mime_part.hpp"
#include "tests/fuzz/support/fuzz.hpp"
#include "tests/fuzz/support/mail.hpp"

#include <string>

namespace mailprobed::fuzz {
namespace {

bool is_code(std::string_view text) {
    if (text.size() < 5 || text.find_first_not_of("0123456789.") != std::string_view::npos) {
        return false;
    }
    return (text[0] == '2' || text[0] == '4' || text[0] == '5') && text[1] == '.' &&
           std::ranges::count(text, '.') == 2 && text.back() != '.' &&
           text.find("..") == std::string_view::npos;
}

void xtext(std::string_view text) {
    std::string coded;
    for (const char c : text) {
        char digits[4];
        std::snprintf(digits, sizeof digits, "+%02X", static_cast<unsigned>(c) & 0xffU);
        coded += digits;
    }
    require(from_xtext(coded) == text, "what is coded decodes to itself");
    require(from_xtext(text).size() <= text.size(), "decoding never makes more of it");
    if (text.find('+') == std::string_view::npos) {
        require(from_xtext(text) == text, "without a plus nothing is coded");
    }
}

void parts(const Mail& mail) {
    const auto all = mime_parts(mail.headers, mail.body);
    require(all.size() <= kMaxParts, "parts are bounded in number");
    std::size_t octets = 0;
    for (const MimePart& part : all) {
        octets += part.text.size();
        require(!part.type.empty() &&
                    std::ranges::none_of(part.type, [](char c) { return c >= 'A' && c <= 'Z'; }),
                "a part has a type in small letters");
    }
    require(octets <= mail.body.size(), "parts are parts of the body");
    for (const bool messages : {false, true}) {
        const auto leaves = mime_leaves(mail.headers, mail.body, messages);
        require(!leaves.empty() && leaves.size() <= kMaxLeaves, "leaves are bounded in number");
        octets = 0;
        for (const MimePart& leaf : leaves)
            octets += leaf.text.size();
        require(octets <= (messages ? 9 : 1) * mail.body.size() + leaves.size(),
                "leaves are parts of the body, and each level of messages holds them once");
    }
}

bool same(const RecipientStatus& a, const RecipientStatus& b) {
    return a.action == b.action && a.status == b.status && a.diagnostic == b.diagnostic &&
           a.envelope_id == b.envelope_id;
}

void report(const Mail& mail) {
    const auto status = read_delivery_status(mail.headers, mail.body);
    if (!status) return;
    require(status->original_envelope_id.size() <= 1024 &&
                status->recipients.size() <= kMaxStatusRecipients,
            "a report is bounded");
    const auto mails = returned_among(mime_leaves(mail.headers, mail.body));
    require(mails.size() <= kMaxReturnedMails, "so are the mails that come back");
    for (const ReturnedMail& returned : mails) {
        require(returned.headers.size() <= 64UL * 1024 && returned.first_line.size() <= 1024,
                "and what is kept of each");
    }
    for (const RecipientStatus& recipient : status->recipients) {
        require(
            recipient.final_recipient.size() <= 320 && recipient.original_recipient.size() <= 320,
            "addresses are bounded");
        require(recipient.action.size() <= 35 && recipient.diagnostic.size() <= 1024,
                "what it says of a recipient is bounded");
        require(safe_to_show(recipient.action) && safe_to_show(recipient.diagnostic),
                "and safe to show");
        require(recipient.status.empty() || is_code(recipient.status), "a status is a code");
    }
    const auto with_lf = read_delivery_status(mail.headers, with_line_ends(mail.body, "\n"));
    const auto with_crlf = read_delivery_status(mail.headers, with_line_ends(mail.body, "\r\n"));
    require(with_lf.has_value() == with_crlf.has_value(), "line ends make no difference");
    if (!with_lf) return;
    require(with_lf->original_envelope_id == with_crlf->original_envelope_id &&
                std::ranges::equal(with_lf->recipients, with_crlf->recipients, same),
            "line ends make no difference to what it says");
}

}  // namespace
}  // namespace mailprobed::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace mailprobed::fuzz;
    const std::string_view input = as_text(data, size);
    xtext(input);
    const Mail mail = read_mail(input);
    parts(mail);
    report(mail);
    return 0;
}
