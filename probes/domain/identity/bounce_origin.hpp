// SPDX-License-Identifier: Apache-2.0
// What kind of sender a mail's own headers point to: a mail system, an automatic answer, a person.
#pragma once

#include "probes/wire/message/mail_headers.hpp"

#include <string_view>

namespace mailprobed {

/// Looks for `word`, given in small letters, in any case.
[[nodiscard]] bool contains_nocase(std::string_view text, std::string_view word) noexcept;

/// True for From such as MAILER-DAEMON or Mail Delivery Subsystem, which no person writes as.
[[nodiscard]] bool is_from_daemon(const MailHeaders& headers);

/// True for a From that mail systems use and persons may use as well: postmaster, bounces.
[[nodiscard]] bool is_from_postmaster(const MailHeaders& headers);

/// True if Exchange wrote it, which fills Original-Recipient by itself.
[[nodiscard]] bool is_from_exchange(const MailHeaders& headers);

/// True if the mail comes from a mail system by the look of it: a From such as MAILER-DAEMON,
/// X-Failed-Recipients, a report; or, unless it is an answer, a null Return-Path or a postmaster.
[[nodiscard]] bool is_from_mail_system(const MailHeaders& headers);

/// True for a vacation notice and its kind (RFC 3834), and for an answer of a person.
[[nodiscard]] bool is_somebodys_answer(const MailHeaders& headers);

/// True for what a list or a mass mailing sends.
[[nodiscard]] bool is_from_list(const MailHeaders& headers);

/// True if the header section has a mark that answers have and what we send has not: a null
/// Return-Path, References, Auto-Submitted other than ours, a subject with "Re:", and their kind.
[[nodiscard]] bool has_answer_mark(const MailHeaders& headers);

/// True with a null Return-Path or Auto-Submitted: auto-replied: what nobody should answer.
[[nodiscard]] bool is_unanswerable(const MailHeaders& headers);

/// True if the Content-Type is multipart/report, whatever it reports on.
[[nodiscard]] bool is_any_report(const MailHeaders& headers);

/// True for Return-Path "<>", nothing, or MAILER-DAEMON.
[[nodiscard]] bool has_null_path(const MailHeaders& headers);

}  // namespace mailprobed
