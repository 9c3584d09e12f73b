// SPDX-License-Identifier: Apache-2.0
// Our own mail in pieces, so that tests can treat it as gateways, people and mail systems do.
#pragma once

#include "probes/domain/identity/arrival.hpp"
#include "probes/domain/identity/bounce.hpp"
#include "tests/support/bounce_samples.hpp"
#include "tests/support/loose_mail.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace mailprobed {

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
