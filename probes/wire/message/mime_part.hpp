// SPDX-License-Identifier: Apache-2.0
// MIME (RFC 2045, 2046): the parts of a multipart body and their transfer encodings.
#pragma once

#include "probes/wire/message/mail_headers.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace mailprobed {

/// A part of a multipart body.
struct MimePart {
    /// "type/subtype" in small letters; "text/plain" where the part does not say.
    std::string type;
    /// Decoded; a part inside is not looked into.
    std::string text;
};

/// Parts looked at at most.
inline constexpr std::size_t kMaxParts = 16;
/// Leaves looked at at most.
inline constexpr std::size_t kMaxLeaves = 64;

/// Takes the next line off the front, without its LF or CRLF.
[[nodiscard]] std::string_view take_line(std::string_view& text) noexcept;

/// The media type of a mail or part as "type/subtype" in small letters; empty if it has none.
[[nodiscard]] std::string media_type(const MailHeaders& headers);

/// The parameter `name` of the Content-Type; empty if it has none.
[[nodiscard]] std::string media_parameter(const MailHeaders& headers, std::string_view name);

/// `text` without its base64 or quoted-printable; as it is if it has neither or is damaged.
[[nodiscard]] std::string transfer_decoded(const MailHeaders& headers, std::string_view text);

/// The first kMaxParts parts of a multipart body; none if it has no boundary. A missing closing
/// delimiter ends the last part with the text.
[[nodiscard]] std::vector<MimePart> mime_parts(const MailHeaders& headers, std::string_view body);

/// The parts of a mail that hold no parts themselves, in order, eight levels deep; a mail without
/// parts is one. A message inside is one leaf; with `open_messages` its own leaves follow it.
[[nodiscard]] std::vector<MimePart> mime_leaves(const MailHeaders& headers, std::string_view body,
                                                bool open_messages = false);

}  // namespace mailprobed
