// SPDX-License-Identifier: Apache-2.0
// Decoding "=?charset?B or Q?text?=".
#include "probes/wire/message/encoded_word.hpp"

#include "probes/base/ascii.hpp"
#include "probes/base/base64.hpp"
#include "probes/base/hex_pairs.hpp"

#include <algorithm>
#include <optional>

namespace mailprobed {
namespace {

std::optional<std::string> from_b(std::string_view text) {
    std::string packed;
    for (const char c : text) {
        if (!ascii_blank(c) && c != '=') packed += c;
    }
    // One character of a group of four says nothing; makers that forget the padding are many.
    if (packed.size() % 4 == 1) return std::nullopt;
    packed.append((4 - packed.size() % 4) % 4, '=');
    return from_base64(packed);
}

std::string from_q(std::string_view text) {
    std::string spaced(text);
    std::ranges::replace(spaced, '_', ' ');
    return hex_pairs_decoded(spaced, '=');
}

/// RFC 2047 allows 75 for all of it; programs that do not count write a line.
constexpr std::size_t kMostCharset = 75;
constexpr std::size_t kMostText = 1024;

/// Takes one encoded word off the front of `text`, which begins with "=?".
std::optional<std::string> take_encoded(std::string_view& text) {
    const std::size_t charset = text.substr(0, kMostCharset).find('?', 2);
    if (charset == std::string_view::npos || charset == 2 || charset + 2 >= text.size() ||
        text[charset + 2] != '?') {
        return std::nullopt;
    }
    if (text.substr(0, charset).find_first_of(" \t") != std::string_view::npos) return std::nullopt;
    const std::size_t begin = charset + 3;
    const std::size_t end = text.substr(0, begin + kMostText).find("?=", begin);
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view coded = text.substr(begin, end - begin);
    const char encoding = ascii_lower(text[charset + 1]);
    std::optional<std::string> decoded;
    if (encoding == 'b') decoded = from_b(coded);
    if (encoding == 'q') decoded = from_q(coded);
    if (decoded) text.remove_prefix(end + 2);
    return decoded;
}

}  // namespace

std::string words_decoded(std::string_view value) {
    std::string result;
    result.reserve(value.size());
    std::size_t blanks = 0;  // behind an encoded word, not yet known to count
    bool behind_word = false;
    while (!value.empty()) {
        if (value.starts_with("=?")) {
            if (auto decoded = take_encoded(value)) {
                if (behind_word) result.resize(result.size() - blanks);
                result += *decoded;
                behind_word = true;
                blanks = 0;
                continue;
            }
        }
        const bool blank =
            ascii_blank(value.front()) || value.front() == '\r' || value.front() == '\n';
        if (!blank) behind_word = false;
        blanks = blank && behind_word ? blanks + 1 : 0;
        result += value.front();
        value.remove_prefix(1);
    }
    return result;
}

}  // namespace mailprobed
