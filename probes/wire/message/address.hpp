// SPDX-License-Identifier: Apache-2.0
// Mail addresses as they stand in fields and in letters, in one form that can be compared.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mailprobed {

/// The address of a From field, a Final-Recipient ("rfc822; a@b") or their kind, in small letters
/// and without quotes; empty if there is none. Of several the first.
[[nodiscard]] std::string address_of(std::string_view field);

/// All words of `text` that are addresses, in small letters; `most` of them at most.
[[nodiscard]] std::vector<std::string> addresses_in(std::string_view text, std::size_t most = 64);

/// What stands behind the last "@".
[[nodiscard]] std::string_view domain_of(std::string_view address) noexcept;

/// True if the domains are the same, or one lies below the other; a domain of one label has nobody
/// below it.
[[nodiscard]] bool related_domains(std::string_view a, std::string_view b) noexcept;

}  // namespace mailprobed
