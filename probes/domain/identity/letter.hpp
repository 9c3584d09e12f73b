// SPDX-License-Identifier: Apache-2.0
// What the author of a letter wrote, told apart from the copy of our mail that he sends back.
#pragma once

#include "probes/domain/identity/bounce.hpp"
#include "probes/wire/message/mail_headers.hpp"
#include "probes/wire/message/mime_part.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace mailprobed {

/// A mail opened for reading.
struct Letter {
    std::vector<MimePart> leaves;
    /// Decoded.
    std::string subject;
    /// The texts without copied headers and our own lines.
    std::string words;
    /// The first header section that was copied into the texts, without marks of a quote.
    std::string copied;
    /// The subject if a mail system wrote it, and all parts: where the tag may stand.
    std::string all;
    /// It reports on readers, complains, or holds several mails: never on a delivery.
    bool of_another_kind = false;
};

/// Opens a mail.
[[nodiscard]] Letter open_letter(const MailHeaders& headers, std::string_view body);

/// The codes that a letter quotes.
struct QuotedCodes {
    /// The class, if all codes agree in it.
    StatusClass status_class = StatusClass::unknown;
    /// The first enhanced code; may be empty.
    std::string status;
    /// The line of the first code, safe to show.
    std::string line;
    /// A code is one of failure for good, whether or not another disagrees.
    bool any_permanent = false;
    /// A code says that it was tried for too long (X.4.7).
    bool expired = false;
};

/// Finds enhanced codes that are unmistakable (behind a reply code of their class, "#" or
/// "Status:") and reply codes.
[[nodiscard]] QuotedCodes codes_in(std::string_view words);

/// True if `words` name an address that is neither `recipient` nor `sender` nor a postmaster's.
[[nodiscard]] bool names_others(std::string_view words, std::string_view recipient,
                                std::string_view sender);

}  // namespace mailprobed
