// SPDX-License-Identifier: Apache-2.0
// The marks by which mail systems, automatic answers and our own mails are told apart.
#include "probes/domain/identity/bounce_origin.hpp"

#include "probes/base/ascii.hpp"
#include "probes/domain/identity/subject_marks.hpp"
#include "probes/domain/identity/tag_places.hpp"
#include "probes/wire/message/address.hpp"
#include "probes/wire/message/encoded_word.hpp"
#include "probes/wire/message/mime_part.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace mailprobed {
namespace {

std::string_view value_of(const MailHeaders& headers, std::string_view name) noexcept {
    return trim_text(headers.get(name).value_or(""));
}

bool has(const MailHeaders& headers, std::string_view name) noexcept {
    return headers.get(name).has_value();
}

std::string from_of(const MailHeaders& headers) {
    return words_decoded(value_of(headers, "From"));
}

/// What stands before the "@" of From, or all of a From without one ("MAILER-DAEMON").
std::string local_part(const MailHeaders& headers) {
    const std::string from = from_of(headers);
    const std::string address = address_of(from);
    if (address.empty()) return std::string(trim_text(from));
    return address.substr(0, address.rfind('@'));
}

/// The words of a name or local part in small letters, one blank between them; digits and signs
/// stand between words, so that "mta" is in "mta-1" and not in "mtaylor".
std::string words_of(std::string_view text) {
    std::string words;
    bool pending = false;
    for (const char each : text) {
        const char c = ascii_lower(each);
        const bool letter = (c >= 'a' && c <= 'z') || static_cast<unsigned char>(c) >= 0x80;
        // Exchange's local part is a word and a number in hexadecimal.
        const bool number = ascii_digit(c) && words.starts_with("microsoftexchange");
        if (!letter && !number) {
            pending = !words.empty();
            continue;
        }
        if (pending) words += ' ';
        pending = false;
        words += c;
    }
    return words;
}

/// The words of the display name, or of the comment that stands in its place.
std::string name_words(const MailHeaders& headers) {
    const std::string from = from_of(headers);
    const std::size_t angle = from.find('<');
    if (angle != std::string::npos) return words_of(std::string_view(from).substr(0, angle));
    const std::size_t comment = from.find('(');
    if (comment != std::string::npos) return words_of(std::string_view(from).substr(comment));
    return from.find('@') == std::string::npos ? words_of(from) : std::string();
}

bool holds_words(std::string_view words, std::string_view phrase) {
    for (std::size_t at = words.find(phrase); at != std::string_view::npos;
         at = words.find(phrase, at + 1)) {
        const std::size_t end = at + phrase.size();
        if ((at == 0 || words[at - 1] == ' ') && (end == words.size() || words[end] == ' '))
            return true;
    }
    return false;
}

bool holds_any(std::string_view words, auto phrases) {
    return std::ranges::any_of(phrases,
                               [&](std::string_view phrase) { return holds_words(words, phrase); });
}

/// A system is called so from the first word on; a person's name stands before what he is.
bool begins_any(std::string_view words, auto phrases) {
    return std::ranges::any_of(phrases, [&](std::string_view phrase) {
        return words.starts_with(phrase) &&
               (words.size() == phrase.size() || words[phrase.size()] == ' ');
    });
}

bool replied(const MailHeaders& headers) {
    return has(headers, "In-Reply-To") || has(headers, "References") ||
           begins_as_answer(words_decoded(value_of(headers, "Subject")));
}

}  // namespace

bool contains_nocase(std::string_view text, std::string_view word) noexcept {
    return !std::ranges::search(text, word, {}, ascii_lower).empty();
}

bool is_any_report(const MailHeaders& headers) {
    return media_type(headers) == "multipart/report" ||
           starts_with_nocase(value_of(headers, "Content-Type"), "multipart/report");
}

bool has_null_path(const MailHeaders& headers) {
    const auto path = headers.get("Return-Path");
    if (!path) return false;
    std::string text;
    for (const char c : *path) {
        if (!ascii_blank(c) && c != '<' && c != '>' && c != '"') text += ascii_lower(c);
    }
    return text.empty() || text == "mailer-daemon";
}

bool is_from_daemon(const MailHeaders& headers) {
    static constexpr std::array<std::string_view, 4> kLocals{"mailerdaemon", "maildaemon",
                                                             "mdaemon", "mailer daemon"};
    static constexpr std::array<std::string_view, 13> kNames{"mailer daemon",
                                                             "mailerdaemon",
                                                             "mail daemon",
                                                             "maildaemon",
                                                             "mdaemon",
                                                             "mail delivery system",
                                                             "mail delivery daemon",
                                                             "mail delivery service",
                                                             "mail delivery subsystem",
                                                             "mail delivery status",
                                                             "mail transfer system",
                                                             "mail transfer subsystem",
                                                             "mail transfer agent"};
    const std::string local = words_of(local_part(headers));
    return holds_any(local, kLocals) || holds_words(local, "mail daemon") ||
           local.starts_with("microsoftexchange329e") || begins_any(name_words(headers), kNames);
}

bool is_from_postmaster(const MailHeaders& headers) {
    // Nobody is called so.
    static constexpr std::array<std::string_view, 6> kWords{
        "postmaster", "bounce", "bounces", "mailadmin", "mailsystem", "mail admin"};
    // These are names and trades of people as well, unless they are all of it.
    static constexpr std::array<std::string_view, 14> kWhole{
        "mta",         "smtp",          "root",         "mmdf",        "uucp",
        "delivery",    "system",        "mailer",       "mail system", "postoffice",
        "post office", "mail delivery", "smtp gateway", "mail mta"};
    static constexpr std::array<std::string_view, 4> kNames{
        "system administrator", "mail administrator", "mail admin", "post master"};
    const std::string local = words_of(local_part(headers));
    const std::string name = name_words(headers);
    return holds_any(local, kWords) || std::ranges::find(kWhole, local) != kWhole.end() ||
           name == "postmaster" || name.starts_with("postmaster ") ||
           std::ranges::find(kNames, name) != kNames.end();
}

bool is_from_exchange(const MailHeaders& headers) {
    if (contains_nocase(value_of(headers, "From"), "microsoftexchange")) return true;
    return std::ranges::any_of(headers.fields(), [](const HeaderField& field) {
        return starts_with_nocase(field.name, "X-MS-Exchange-Message-Is-Ndr");
    });
}

bool is_from_mail_system(const MailHeaders& headers) {
    if (is_from_daemon(headers) || has(headers, "X-Failed-Recipients")) return true;
    const bool nobody = has_null_path(headers) || is_from_postmaster(headers);
    // Answering programs use the null path and a postmaster may write himself, but both say what
    // they answer.
    return nobody && !replied(headers);
}

bool is_somebodys_answer(const MailHeaders& headers) {
    static constexpr std::array<std::string_view, 5> kFields{
        "X-Autoreply", "X-Autorespond", "X-Autoresponder", "X-Vacation", "X-AutoReply-From"};
    if (std::ranges::any_of(kFields, [&](std::string_view name) { return has(headers, name); }))
        return true;
    if (contains_nocase(value_of(headers, "Precedence"), "auto_reply") ||
        contains_nocase(value_of(headers, "X-Autogenerated"), "reply")) {
        return true;
    }
    if (contains_nocase(value_of(headers, "Auto-Submitted"), "vacation")) return true;
    // Exim, Sendmail and hMailServer mark their bounces as answers as well.
    if (is_from_daemon(headers) || has(headers, "X-Failed-Recipients")) return false;
    return replied(headers);
}

bool is_from_list(const MailHeaders& headers) {
    if (has(headers, "List-Id") || has(headers, "List-Unsubscribe") || has(headers, "List-Post"))
        return true;
    return contains_nocase(value_of(headers, "Precedence"), "list");
}

bool is_unanswerable(const MailHeaders& headers) {
    return has_null_path(headers) ||
           starts_with_nocase(value_of(headers, "Auto-Submitted"), "auto-replied");
}

bool has_answer_mark(const MailHeaders& headers) {
    if (has_null_path(headers) || replied(headers) || is_somebodys_answer(headers)) return true;
    const std::string_view submitted = value_of(headers, "Auto-Submitted");
    // What we send says auto-generated and nothing behind it.
    return !submitted.empty() && !ascii_iequals(submitted, "auto-generated") &&
           !ascii_iequals(submitted, "no");
}

}  // namespace mailprobed
