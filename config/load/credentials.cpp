// SPDX-License-Identifier: Apache-2.0
// Forms of logins. A value that is withheld for nothing costs a look into the file, so doubts are
// decided that way; ports, times, addresses of mail and of hosts are none.
#include "config/load/credentials.hpp"

#include "config/load/plain_text.hpp"
#include "config/load/syntax.hpp"

#include <algorithm>
#include <optional>
#include <string>

namespace mailprobed {

namespace {

/// A shorter word decodes to something that can be read by chance.
constexpr std::size_t kLeastBase64 = 8;
/// From here on a word is also read from its second, third and fourth character on, in parts.
constexpr std::size_t kLongBase64 = 16;
constexpr std::size_t kLeastReadable = 8;
constexpr std::size_t kLeastPassword = 6;
constexpr std::size_t kLeastMixedWord = 8;

bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

bool is_lower(char c) noexcept {
    return c >= 'a' && c <= 'z';
}

bool is_upper(char c) noexcept {
    return c >= 'A' && c <= 'Z';
}

bool is_letter(char c) noexcept {
    return is_lower(c) || is_upper(c) || static_cast<unsigned char>(c) >= 0x80;
}

bool is_alphanumeric(char c) noexcept {
    return is_lower(c) || is_upper(c) || is_digit(c);
}

/// The value of a character of base64 or base64url, or -1.
int base64_value(char c) noexcept {
    if (is_upper(c)) return c - 'A';
    if (is_lower(c)) return c - 'a' + 26;
    if (is_digit(c)) return c - '0' + 52;
    if (c == '+' || c == '-') return 62;
    return c == '/' || c == '_' ? 63 : -1;
}

/// What `word` stands for as base64, whose padding may be missing.
std::string decoded(std::string_view word) {
    std::string result;
    unsigned bits = 0;
    unsigned held = 0;
    for (const char c : word) {
        bits = (bits << 6U) | static_cast<unsigned>(base64_value(c));
        held += 6;
        if (held < 8) continue;
        held -= 8;
        result += static_cast<char>((bits >> held) & 0xffU);
    }
    return result;
}

/// The controls between the parts of SASL messages (RFC 4616, RFC 7628).
constexpr std::string_view kBetweenParts("\0\x01", 2);

/// The length of what a login may be made of at the start of `text`.
std::size_t readable(std::string_view text) {
    std::size_t end = 0;
    while (end < text.size()) {
        const std::size_t size = utf8_character(text.substr(end));
        const bool plain = text[end] >= ' ' && text[end] < '\x7f';
        const bool part = kBetweenParts.find(text[end]) != std::string_view::npos;
        if (size == 0 || (size == 1 && !plain && !part)) break;
        end += size;
    }
    return end;
}

/// True if `pass` says so of one of the words of `text`, which end where `in_word` says no.
template <class InWord, class Pass>
bool any_word(std::string_view text, InWord in_word, Pass pass) {
    for (std::size_t at = 0; at < text.size();) {
        std::size_t end = at;
        while (end < text.size() && in_word(text[end]))
            ++end;
        if (end > at && pass(text.substr(at, end - at))) return true;
        at = std::max(end, at + 1);
    }
    return false;
}

/// True if a word of `text` is base64 of a text that passes; of a long word a part is enough, for a
/// slip may have broken it. `pass` is also told whether the word has padding.
template <class Pass>
bool any_base64(std::string_view text, Pass pass) {
    const auto in_word = [](char c) { return base64_value(c) >= 0; };
    return any_word(text, in_word, [&](std::string_view word) {
        const auto end = static_cast<std::size_t>(word.data() - text.data()) + word.size();
        const bool padded = end < text.size() && text[end] == '=';
        if (word.size() < kLongBase64) {
            const std::string plain = decoded(word);
            return word.size() >= kLeastBase64 && readable(plain) == plain.size() &&
                   pass(plain, padded);
        }
        for (std::size_t start = 0; start < 4; ++start) {
            const std::string plain = decoded(word.substr(start));
            for (std::size_t at = 0; at < plain.size();) {
                const std::size_t size = readable(std::string_view(plain).substr(at));
                const auto part = std::string_view(plain).substr(at, size);
                if (size >= kLeastReadable && pass(part, padded)) return true;
                at += std::max(size, std::size_t{1});
            }
        }
        return false;
    });
}

bool is_port(std::string_view text) noexcept {
    const std::string_view number = text.substr(0, text.find('/'));
    return !number.empty() && std::ranges::all_of(number, is_digit);
}

/// True if `text`, without a scheme, is a name and behind a colon what may be its password.
bool is_pair(std::string_view text) {
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos || colon == 0) return false;
    // IP addresses, times, paths.
    if (is_digit(text.front()) || text.front() == '[' || text.front() == '/') return false;
    if (text.find(' ') != std::string_view::npos) return false;
    const std::string_view behind = text.substr(colon + 1);
    return behind.size() >= kLeastPassword && !is_port(behind) &&
           std::ranges::any_of(behind, is_digit) && std::ranges::any_of(behind, is_letter);
}

/// True for the <a@b> of RCPT TO:<a@b>, whose only secret would be a host that ends in >.
bool is_bracketed(std::string_view text) noexcept {
    return text.starts_with('<') && text.ends_with('>') && text.find(':') == std::string_view::npos;
}

}  // namespace

bool holds_credentials(std::string_view text) {
    constexpr std::string_view kMailto = "mailto:";
    if (lower_case(text.substr(0, kMailto.size())) == kMailto) text.remove_prefix(kMailto.size());
    const std::size_t colon = text.find(':');
    if (colon != std::string_view::npos) {
        const std::string_view behind = text.substr(colon + 1);
        if (is_bracketed(behind)) return false;
        if (behind.find('@') != std::string_view::npos) return true;
        if (lower_case(behind).find("%40") != std::string::npos) return true;
        if (is_pair(behind.starts_with("//") ? behind.substr(2) : text)) return true;
    }
    return any_base64(text, [](std::string_view plain, bool padded) {
        return padded || plain.find_first_of(kBetweenParts) != std::string_view::npos ||
               plain.find(':') != std::string_view::npos;
    });
}

bool resembles_password(std::string_view text) {
    const bool mixed = any_word(text, is_alphanumeric, [](std::string_view word) {
        return word.size() >= kLeastMixedWord && std::ranges::any_of(word, is_digit) &&
               std::ranges::any_of(word, is_lower) && std::ranges::any_of(word, is_upper);
    });
    return mixed || any_base64(text, [](std::string_view, bool) { return true; });
}

}  // namespace mailprobed
