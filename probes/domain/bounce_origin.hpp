// SPDX-License-Identifier: Apache-2.0
// What kind of sender a mail's own headers point to: a mail system, an automatic answer, ourselves.
#pragma once

#include "probes/wire/mail_headers.hpp"

#include <string_view>

namespace mailprobed {

/// Looks for `word`, given in small letters, in any case.
[[nodiscard]] bool contains_nocase(std::string_view text, std::string_view word) noexcept;

/// True if the mail carries our tag where our originals do, and is no report that copied headers.
[[nodiscard]] bool carries_own_tag(const MailHeaders& headers) noexcept;

/// True if the mail comes from a mail system by the look of it: a From such as MAILER-DAEMON,
/// X-Failed-Recipients, or, unless it is an answer, a null Return-Path or a postmaster.
[[nodiscard]] bool is_from_mail_system(const MailHeaders& headers) noexcept;

/// True for From such as MAILER-DAEMON or Mail Delivery Subsystem.
[[nodiscard]] bool is_from_daemon(const MailHeaders& headers) noexcept;

/// True for a vacation notice and its kind (RFC 3834).
[[nodiscard]] bool is_automatic_answer(const MailHeaders& headers) noexcept;

/// True if the Content-Type is multipart/report, whatever it reports on.
[[nodiscard]] bool is_any_report(const MailHeaders& headers) noexcept;

/// True for Return-Path "<>".
[[nodiscard]] bool has_null_path(const MailHeaders& headers) noexcept;

}  // namespace mailprobed
