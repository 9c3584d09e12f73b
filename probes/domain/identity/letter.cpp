// SPDX-License-Identifier: Apache-2.0
// Reading letters that were made for people.
#include "probes/domain/identity/letter.hpp"

#include "probes/base/ascii.hpp"
#include "probes/base/escape.hpp"
#include "probes/domain/identity/bounce_origin.hpp"
#include "probes/domain/identity/message.hpp"
#include "probes/domain/identity/tag_places.hpp"
#include "probes/wire/message/address.hpp"
#include "probes/wire/message/delivery_status.hpp"
#include "probes/wire/message/encoded_word.hpp"
#include "probes/wire/message/html_text.hpp"
#include "probes/wire/message/status_code.hpp"

#include <algorithm>
#include <array>

namespace mailprobed {
namespace {

constexpr std::size_t kMaxDiagnostic = 1021;  // escaped() may add three dots
constexpr int kCopiedFields = 3;

std::string_view without_quote_marks(std::string_view line) noexcept {
    line.remove_prefix(std::min(line.find_first_not_of("> \t|"), line.size()));
    return line;
}

/// The name of a field that mails have and prose has not.
bool is_known_field(std::string_view line) noexcept {
    static constexpr std::array<std::string_view, 15> kNames{"Received",
                                                             "Return-Path",
                                                             "Date",
                                                             "From",
                                                             "To",
                                                             "Subject",
                                                             "Message-ID",
                                                             "MIME-Version",
                                                             "Content-Type",
                                                             "X-Mailprobed-Tag",
                                                             "Reply-To",
                                                             "Content-Transfer-Encoding",
                                                             "Auto-Submitted",
                                                             "DKIM-Signature",
                                                             "X-Auto-Response-Suppress"};
    const std::string_view name = line.substr(0, line.find(':'));
    return name.size() < line.size() &&
           std::ranges::any_of(
               kNames, [&](std::string_view known) { return ascii_iequals(name, known); });
}

/// True for "Name: value" or what continues it.
bool is_field_line(std::string_view line) noexcept {
    if (line.empty()) return false;
    if (ascii_blank(line.front())) return true;
    const std::size_t colon = line.find(':');
    return colon != std::string_view::npos && colon > 0 &&
           line.substr(0, colon).find_first_of(" \t<@") == std::string_view::npos;
}

/// Octets at the beginning of `text` that are a copied header section; 0 if they are none.
std::size_t copied_headers(std::string_view text) noexcept {
    const std::string_view whole = text;
    int known = 0;
    std::size_t size = 0;
    while (!text.empty()) {
        const std::string_view raw = take_line(text);
        std::string_view line = raw;
        while (line.starts_with('>') || line.starts_with("> "))
            line.remove_prefix(line.starts_with("> ") ? 2 : 1);
        const bool first = size == 0;
        // The first may be indented, as the whole copy then is.
        if (first) line = trimmed(line);
        if (first ? !is_known_field(line) : !is_field_line(line)) break;
        known += is_known_field(trimmed(line)) ? 1 : 0;
        size = whole.size() - text.size();
    }
    return known >= kCopiedFields ? size : 0;
}

/// A copied header section as it stood before it was quoted.
std::string unquoted(std::string_view section) {
    const std::string_view marks =
        section.substr(0, std::min(section.find_first_not_of("> \t"), section.size()));
    std::string result;
    while (!section.empty()) {
        std::string_view line = take_line(section);
        if (line.starts_with(marks)) line.remove_prefix(marks.size());
        result.append(line).append("\n");
    }
    return result;
}

void add_words(Letter& letter, std::string_view text) {
    std::string& words = letter.words;
    while (!text.empty()) {
        if (const std::size_t copied = copied_headers(text)) {
            if (letter.copied.empty()) letter.copied = unquoted(text.substr(0, copied));
            text.remove_prefix(copied);
            words += '\n';
            continue;
        }
        const std::string_view line = take_line(text);
        const std::string_view bare = without_quote_marks(line);
        if (is_own_line(bare) || looks_like_tag(trim_text(bare))) continue;
        words.append(line).append("\n");
    }
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

}  // namespace

Letter open_letter(const MailHeaders& headers, std::string_view body) {
    Letter letter;
    letter.leaves = mime_leaves(headers, body);
    letter.subject = words_decoded(headers.get("Subject").value_or(""));
    // A daemon's subject often quotes ours.
    if (is_from_mail_system(headers)) letter.all.append(letter.subject).append("\n\n");
    std::size_t messages = 0;
    bool status = false;
    for (const MimePart& part : letter.leaves) {
        letter.all.append(part.text).append("\n\n");
        status = status || is_status_type(part.type);
        messages += part.type == "message/rfc822" ? 1U : 0U;
        if (part.type == "message/disposition-notification" ||
            part.type == "message/feedback-report")
            letter.of_another_kind = true;
        if (is_returned_type(part.type) || !part.type.starts_with("text/")) continue;
        add_words(letter, part.type == "text/html" ? html_text(part.text) : part.text);
    }
    if (media_type(headers) == "multipart/digest" || (messages > 1 && !status))
        letter.of_another_kind = true;
    if (is_any_report(headers) && !is_delivery_report(headers)) letter.of_another_kind = true;
    return letter;
}

QuotedCodes codes_in(std::string_view words) {
    QuotedCodes codes;
    std::size_t first = std::string_view::npos;
    char first_class = 0;
    bool agree = true;
    const auto take = [&](std::size_t at) {
        agree = agree && (first_class == 0 || first_class == words[at]);
        first_class = words[at];
        first = std::min(first, at);
        codes.any_permanent = codes.any_permanent || words[at] == '5';
    };
    for (std::string_view code = find_status_code(words); !code.empty();) {
        const auto at = static_cast<std::size_t>(code.data() - words.data());
        if (code[0] != '2' && is_unmistakable(words, code)) {
            take(at);
            if (codes.status.empty()) codes.status = code;
            codes.expired = codes.expired || code.substr(1) == ".4.7";
        }
        code = find_status_code(words, at + code.size());
    }
    for (std::string_view code = find_reply_code(words); !code.empty();) {
        const auto at = static_cast<std::size_t>(code.data() - words.data());
        take(at);
        const std::string_view next = find_status_code(words.substr(0, at + 12), at + 4);
        if (!next.empty() && next.data() == words.data() + at + 4 && next[0] != code[0])
            agree = false;
        code = find_reply_code(words, at + code.size());
    }
    if (first == std::string_view::npos) return codes;
    if (!agree) {
        codes.status.clear();
        return codes;
    }
    codes.status_class = first_class == '5' ? StatusClass::permanent : StatusClass::transient;
    codes.line = escaped(line_around(words, first), kMaxDiagnostic);
    return codes;
}

bool names_others(std::string_view words, std::string_view recipient, std::string_view sender) {
    static constexpr std::array<std::string_view, 6> kStaff{
        "postmaster", "mailer-daemon", "abuse", "support", "helpdesk", "hostmaster"};
    return std::ranges::any_of(addresses_in(words), [&](const std::string& address) {
        const std::string_view local = std::string_view(address).substr(0, address.rfind('@'));
        return !ascii_iequals(address, recipient) && !ascii_iequals(address, sender) &&
               !looks_like_tag(local) && std::ranges::find(kStaff, local) == kStaff.end();
    });
}

}  // namespace mailprobed
