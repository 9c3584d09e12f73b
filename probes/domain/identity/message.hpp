// SPDX-License-Identifier: Apache-2.0
// The test mail itself (RFC 5322), and the form in which its body is compared after the journey.
#pragma once

#include "probes/base/time.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mailprobed {

/// The header field that carries the tag.
inline constexpr std::string_view kTagHeader = "X-Mailprobed-Tag";
/// The word before the tag in the subject.
inline constexpr std::string_view kSubjectWord = "mailprobed";
/// The line that follows the tag in the body.
inline constexpr std::string_view kFirstSentence =
    "This is a test message of a mail delivery monitor (mailprobed).";

/// What a test mail is made of.
struct MessageParts {
    std::string_view probe;
    std::string_view instance;
    std::string_view from;
    std::string_view to;
    /// 60 characters.
    std::string_view tag;
    /// Right-hand side of the Message-ID; must be a domain (Gmail replaces others).
    std::string_view id_domain;
    WallTime date;
    Duration interval{};
    /// Additional fields, already validated.
    const std::vector<std::pair<std::string, std::string>>* headers = nullptr;
};

/// A composed mail.
struct ComposedMail {
    /// Header and body with CRLF line ends, 7-bit, no bare CR or LF.
    std::string text;
    /// body_digest() of the body.
    std::uint64_t digest = 0;
};

/// Makes the mail; the tag stands in X-Mailprobed-Tag, Subject, Message-ID and first body line.
[[nodiscard]] ComposedMail compose(const MessageParts& parts);

/// A digest of a body in relaxed canonical form (RFC 6376 3.4.4): runs of blanks count as one,
/// trailing blanks and empty lines at the end do not count, CRLF and LF are the same.
[[nodiscard]] std::uint64_t body_digest(std::string_view body) noexcept;

/// True if `body`, decoded, is the text that compose() makes for this tag, whatever probe and
/// interval it names, with nothing before, behind or between; blanks count as in body_digest().
[[nodiscard]] bool is_composed_body(std::string_view body, std::string_view tag);

/// True if a line is one of those that compose() writes below the tag, blanks not counted.
[[nodiscard]] bool is_own_line(std::string_view line);

/// "Mon, 22 Apr 2013 16:22:01 +0000" (RFC 5322 3.3), always UTC.
[[nodiscard]] std::string date_header(WallTime at);

}  // namespace mailprobed
