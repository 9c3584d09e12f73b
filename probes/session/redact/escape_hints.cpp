// SPDX-License-Identifier: Apache-2.0
// One pass with a table.
#include "probes/session/redact/escape_hints.hpp"

#include "probes/base/ascii.hpp"
#include "probes/session/redact/octet_lists.hpp"

#include <algorithm>
#include <array>

namespace mailprobed {

namespace {

enum Sign : std::uint32_t {
    percent = 1,
    plus = 2,
    ampersand = 4,
    backslash = 8,
    equals = 16,
    apostrophe = 32,
    quote = 64,
    pairs = 128,
    decimal = 256,
    hex = 512,
    base64 = 1024,
    mixed = 2048,
};

constexpr std::array<std::uint32_t, 256> make_signs() {
    std::array<std::uint32_t, 256> signs{};
    for (std::size_t c = 0; c < signs.size(); ++c) {
        const bool lower = c >= 'a' && c <= 'z';
        const bool upper = c >= 'A' && c <= 'Z';
        if (c >= '0' && c <= '9') signs[c] |= decimal | hex | mixed;
        if ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')) signs[c] |= hex;
        if (lower || upper || (signs[c] & decimal) != 0) signs[c] |= base64;
    }
    for (const char c : {'+', '/', '-', '_'})
        signs[static_cast<unsigned char>(c)] |= base64;
    for (const char c : {'\'', '"', '%', '$', '`'})
        signs[static_cast<unsigned char>(c)] |= pairs;
    signs['%'] |= percent;
    signs['+'] |= plus;
    signs['&'] |= ampersand;
    signs['\\'] |= backslash;
    signs['='] |= equals;
    signs['\''] |= apostrophe;
    signs['"'] |= quote;
    return signs;
}
constexpr auto kSigns = make_signs();

/// As many numbers make a list.
constexpr std::size_t kLeastNumbers = 3;

}  // namespace

EscapeHints::EscapeHints(const Skeleton& skeleton, std::string_view text) {
    const std::string& all = skeleton.octets;
    std::size_t word = 0;
    std::size_t hex_run = 0;
    std::size_t decimal_run = 0;
    std::size_t hex_pairs = 0;
    std::size_t decimals = 0;
    const auto numbers_end = [&] {
        hex_pairs += hex_run == 2 || hex_run == 4 ? 1 : 0;
        decimals += decimal_run == 2 || decimal_run == 3 || decimal_run == 4 ? 1 : 0;
        hex_run = 0;
        decimal_run = 0;
    };
    char previous = '\0';
    for (std::size_t i = 0; i < all.size(); ++i) {
        const char c = all[i];
        const std::uint32_t sign = kSigns[static_cast<unsigned char>(c)];
        signs_ |= sign;
        doubled_ |= c == previous && (sign & pairs) != 0;
        previous = c;
        if (i > 0) {
            const std::size_t from = skeleton.sources[i - 1].second;
            const std::size_t to = skeleton.sources[i].first;
            if (to > from) {
                numbers_end();
                // Words go on in the next line.
                if (text.substr(from, to - from).find('\n') == std::string_view::npos) word = 0;
            }
        }
        word = (sign & base64) != 0 ? word + 1 : 0;
        word_ |= word >= kLeastWord;
        if ((sign & hex) == 0) {
            numbers_end();
            continue;
        }
        ++hex_run;
        hex_ |= hex_run >= 2 * kLeastNumbers;
        if ((sign & decimal) != 0) {
            ++decimal_run;
        } else {
            decimals += decimal_run == 2 || decimal_run == 3 ? 1 : 0;
            decimal_run = 0;
        }
    }
    numbers_end();
    // Blanks that were read back from an escape are no gap here.
    const bool unsure = !skeleton.blanks.empty();
    hex_ |= hex_pairs >= kLeastNumbers || unsure;
    numbers_ = decimals >= kLeastNumbers || unsure;
    word_ |= unsure;
}

bool EscapeHints::may_hold(Escape escape) const noexcept {
    switch (escape) {
        case Escape::percent:
            return (signs_ & percent) != 0;
        case Escape::plus:
            return (signs_ & plus) != 0;
        case Escape::entity:
            return (signs_ & ampersand) != 0;
        case Escape::backslash:
        case Escape::shell:
            return (signs_ & backslash) != 0;
        case Escape::shell_quotes:
            return (signs_ & apostrophe) != 0 && (signs_ & (backslash | quote)) != 0;
        case Escape::quoted_printable:
            return (signs_ & equals) != 0;
        case Escape::doubled:
            return doubled_;
        case Escape::hex_list:
            return hex_;
        case Escape::decimal_list:
        case Escape::octal_list:
            return numbers_;
        case Escape::base64:
            return word_;
    }
    return true;
}

}  // namespace mailprobed
