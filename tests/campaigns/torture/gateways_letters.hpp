// SPDX-License-Identifier: Apache-2.0
// Letters about one of our mails, of many kinds; none is the mail itself.
#pragma once

#include "tests/campaigns/torture/gateways_mail.hpp"

#include <string_view>

namespace mailprobed::gateways {

/// What a letter may be read as.
enum class Worth : std::uint8_t {
    /// It decides nothing.
    nothing,
    /// It decides only in place of `lost`.
    weak,
    /// It decides at once.
    strong,
};

/// A kind of letter.
struct Kind {
    std::string_view name;
    Worth worth = Worth::nothing;
    /// A report about our mail and our recipient alone.
    bool may_be_deleted = false;
};

/// A letter of a kind drawn by dice, about `about`.
struct LetterMail {
    Kind kind;
    LooseMail mail;
};
[[nodiscard]] LetterMail write_letter(const Travelling& about, const std::string& tag,
                                      const RouteFacts& facts, Dice& dice);

/// The kinds there are.
[[nodiscard]] std::size_t letter_kinds() noexcept;

}  // namespace mailprobed::gateways
