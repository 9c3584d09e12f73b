// SPDX-License-Identifier: Apache-2.0
// Text reduced to what counts when a secret is searched in it, and the way back to the text.
#pragma once

#include "probes/base/ascii.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mailprobed {

/// The octets of a text that count; blanks, line ends and controls do not.
struct Skeleton {
    /// As they are; folded() makes them comparable.
    std::string octets;
    /// Where in the text each of `octets` stands: begin and end.
    std::vector<std::pair<std::uint32_t, std::uint32_t>> sources;
    /// Indices of `octets` before which a blank was read back from an escape, ascending.
    std::vector<std::uint32_t> blanks;
    /// True if reply codes at the start of lines were left out.
    bool without_prefixes = false;
};

/// Stands in a skeleton between octets that are no neighbours; equals no octet of a secret.
inline constexpr char kApart = '\x7f';

/// Stands in gapped() texts for what is not in ASCII; no secret in UTF-8 holds such an octet.
inline constexpr char kGap = '\xff';

namespace detail {

consteval std::array<char, 256> make_folds() {
    std::array<char, 256> folds{};
    for (std::size_t octet = ' ' + 1; octet < folds.size(); ++octet) {
        folds[octet] = ascii_lower(static_cast<char>(octet));
    }
    folds[static_cast<unsigned char>(kApart)] = 0;
    // base64url is the same alphabet but for two characters (RFC 4648 5).
    folds['-'] = '+';
    folds['_'] = '/';
    return folds;
}
inline constexpr std::array<char, 256> kFolds = make_folds();

}  // namespace detail

/// What an octet is compared as, in one case and one base64 alphabet; 0 if it does not count.
[[nodiscard]] inline char folded(char octet) noexcept {
    return detail::kFolds[static_cast<unsigned char>(octet)];
}

/// The skeleton of `text`; with `without_prefixes` reply codes and enhanced codes at the start of
/// lines do not count.
[[nodiscard]] Skeleton skeleton_of(std::string_view text, bool without_prefixes);

/// The length of the reply code and enhanced code at the start of the line that begins at `start`.
[[nodiscard]] std::size_t prefix_at(std::string_view text, std::size_t start) noexcept;

/// True if a line of `text` begins with a reply code or an enhanced code.
[[nodiscard]] bool has_prefixes(std::string_view text) noexcept;

/// Appends the folded octets of `text` that count to `out`.
void append_folded(std::string& out, std::string_view text);

/// True for what is not in ASCII and for what servers write instead of it, whole or octet by octet.
[[nodiscard]] bool belongs_to_gap(char octet) noexcept;

/// `skeleton` with one kGap for all that belongs_to_gap() in a row.
[[nodiscard]] Skeleton gapped(const Skeleton& skeleton);

/// The value of a hexadecimal digit, or -1.
[[nodiscard]] int hex_value(char c) noexcept;

}  // namespace mailprobed
