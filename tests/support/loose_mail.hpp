// SPDX-License-Identifier: Apache-2.0
// A mail in pieces that can be changed, and the codings that gateways give to them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mailprobed {

/// A mail whose fields can be changed; line ends are LF.
struct LooseMail {
    /// "Name: value", perhaps with folds inside.
    std::vector<std::string> fields;
    std::string body;

    /// Takes all fields called `name` away.
    void drop(std::string_view name);
    /// Puts a field below the others, after dropping those of its name.
    void set(std::string_view name, std::string_view value);
    /// Puts a field on top.
    void put_first(std::string_view name, std::string_view value);
    [[nodiscard]] std::string header_section() const;
    /// The value of the first field of a name; empty if there is none.
    [[nodiscard]] std::string value(std::string_view name) const;
    [[nodiscard]] std::string text() const { return header_section() + "\n" + body; }
};

/// `octets` in base64 with lines of 76 characters.
[[nodiscard]] std::string in_base64(std::string_view octets);
/// `octets` in quoted-printable with soft line breaks, many octets coded.
[[nodiscard]] std::string in_quoted_printable(std::string_view octets);
/// `text` as encoded words, `size` octets each, joined by a fold.
[[nodiscard]] std::string in_encoded_words(std::string_view text, bool base64,
                                           std::size_t size = 30);

/// Takes header section and body of `text`, with LF or CRLF line ends, apart.
[[nodiscard]] LooseMail loose_mail(std::string text);

}  // namespace mailprobed
