// SPDX-License-Identifier: Apache-2.0
// Mails and what belongs to them, as JSON.
#pragma once

#include "daemon/api/json_writer.hpp"
#include "daemon/store/history_text.hpp"
#include "daemon/store/reader.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace mailprobed {

/// 16 hexadecimal digits.
[[nodiscard]] std::string mail_name(MailId mail);

/// The members of schema Mail, without the braces.
void write_mail_members(JsonWriter& json, const LedgerMail& mail);
/// Schema Mail.
void write_mail(JsonWriter& json, const LedgerMail& mail);
/// Schema MailDetail; without `full`, what servers said and which way the mail went is withheld.
void write_mail_detail(JsonWriter& json, const LedgerMail& mail,
                       const std::vector<PastAttempt>& attempts, std::string_view looks, bool full);

}  // namespace mailprobed
