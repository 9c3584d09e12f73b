// SPDX-License-Identifier: Apache-2.0
// The marks by which mail systems, automatic answers and our own mails are told apart.
#include "probes/domain/bounce_origin.hpp"

#include "probes/domain/message.hpp"
#include "probes/domain/tag_places.hpp"
#include "probes/wire/ascii.hpp"

#include <algorithm>

namespace mailprobed {
namespace {

std::string_view value_of(const MailHeaders& headers, std::string_view name) noexcept {
    return headers.get(name).value_or("");
}

bool has(const MailHeaders& headers, std::string_view name) noexcept {
    return headers.get(name).has_value();
}

}  // namespace

bool contains_nocase(std::string_view text, std::string_view word) noexcept {
    return !std::ranges::search(text, word, {}, ascii_lower).empty();
}

bool is_any_report(const MailHeaders& headers) noexcept {
    return starts_with_nocase(trim_text(value_of(headers, "Content-Type")), "multipart/report");
}

bool carries_own_tag(const MailHeaders& headers) noexcept {
    if (is_any_report(headers)) return false;
    return has(headers, kTagHeader) || !tag_in_subject(value_of(headers, "Subject")).empty() ||
           looks_like_tag(tag_in_message_id(value_of(headers, "Message-ID")));
}

bool has_null_path(const MailHeaders& headers) noexcept {
    return trim_text(value_of(headers, "Return-Path")) == "<>";
}

bool is_from_daemon(const MailHeaders& headers) noexcept {
    const std::string_view from = value_of(headers, "From");
    return contains_nocase(from, "mailer-daemon") || contains_nocase(from, "mail delivery s");
}

bool is_from_mail_system(const MailHeaders& headers) noexcept {
    if (is_from_daemon(headers) || has(headers, "X-Failed-Recipients")) return true;
    const bool nobody =
        has_null_path(headers) || contains_nocase(value_of(headers, "From"), "postmaster");
    // Answering programs use the null path and a postmaster may write himself, but both say what
    // they answer.
    return nobody && !has(headers, "In-Reply-To") && !has(headers, "References") &&
           !starts_with_nocase(trim_text(value_of(headers, "Subject")), "re:");
}

bool is_automatic_answer(const MailHeaders& headers) noexcept {
    if (has(headers, "X-Autoreply") || has(headers, "X-Autorespond")) return true;
    if (contains_nocase(value_of(headers, "Precedence"), "auto_reply")) return true;
    const std::string_view submitted = trim_text(value_of(headers, "Auto-Submitted"));
    if (!starts_with_nocase(submitted, "auto-replied")) return false;
    if (contains_nocase(submitted, "vacation")) return true;
    // Exim and Sendmail call their bounces that as well.
    return !has(headers, "X-Failed-Recipients") &&
           !contains_nocase(value_of(headers, "From"), "mailer-daemon");
}

}  // namespace mailprobed
