// SPDX-License-Identifier: Apache-2.0
// Our own mail in pieces, so that tests can treat it as gateways, people and mail systems do.
#pragma once

#include "probes/domain/arrival.hpp"
#include "probes/domain/bounce.hpp"
#include "tests/unit/bounce_samples.hpp"

#include <gtest/gtest.h>

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
    [[nodiscard]] std::string text() const { return header_section() + "\n" + body; }
};

/// `octets` in base64 with lines of 76 characters.
[[nodiscard]] std::string in_base64(std::string_view octets);
/// `octets` in quoted-printable with soft line breaks, many octets coded.
[[nodiscard]] std::string in_quoted_printable(std::string_view octets);
/// `text` as encoded words, `size` octets each, joined by a fold.
[[nodiscard]] std::string in_encoded_words(std::string_view text, bool base64,
                                           std::size_t size = 30);

/// One probe and what its mails look like.
class MailKit : public testing::Test {
  protected:
    /// The mail as sent.
    [[nodiscard]] LooseMail sent() const;
    /// The mail as it lies in a mailbox: Return-Path and one Received on top.
    [[nodiscard]] LooseMail received() const;
    [[nodiscard]] MailReading read(const std::string& text) const;
    [[nodiscard]] HeaderReading header(const std::string& text) const;
    [[nodiscard]] BounceReading bounce(const std::string& text) const;
    [[nodiscard]] std::uint64_t digest(const std::string& text) const;
    /// True if header and body together say that the mail arrived; they must agree.
    [[nodiscard]] bool arrives(const LooseMail& mail) const;

    RouteFacts facts{"probe@field.test", "target@ziel.test", false, false};
    bool configured = true;
    const RouteOf route_of = [this](const Tag&) {
        return configured ? std::optional<RouteFacts>(facts) : std::nullopt;
    };
    const TagCodec codec;
    const Tag tag{1, 2, 3, 1, 4};
    const std::string text_;
    const std::string other_;

    MailKit();
};

}  // namespace mailprobed
