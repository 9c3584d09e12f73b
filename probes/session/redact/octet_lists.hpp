// SPDX-License-Identifier: Apache-2.0
// Octets written as lists of numbers, and words of base64.
#pragma once

#include "probes/session/redact/escapes.hpp"
#include "probes/session/redact/skeleton.hpp"

#include <cstddef>
#include <optional>
#include <string_view>

namespace mailprobed {

/// A shorter word of base64 cannot hold an escaped secret.
inline constexpr std::size_t kLeastWord = 11;

/// The octets of all lists of numbers of this form in `skeleton`; nothing if there is none.
[[nodiscard]] std::optional<Skeleton> octet_list(const Skeleton& skeleton, Escape form);

/// What the words of base64 in `skeleton` of `text` hold, as far as it is printable.
[[nodiscard]] std::optional<Skeleton> base64_words(const Skeleton& skeleton, std::string_view text);

}  // namespace mailprobed
