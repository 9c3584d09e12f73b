// SPDX-License-Identifier: Apache-2.0
// Folding of text.
#include "probes/session/skeleton.hpp"

#include "probes/wire/ascii.hpp"
#include "probes/wire/smtp_reply.hpp"

#include <algorithm>
#include <array>

namespace mailprobed {

namespace {

// What a character is compared as; 0 if it does not count.
constexpr std::array<char, 256> make_folds() {
    std::array<char, 256> folds{};
    for (std::size_t octet = ' ' + 1; octet < folds.size(); ++octet) {
        folds[octet] = ascii_lower(static_cast<char>(octet));
    }
    folds[0x7f] = 0;
    // base64url is the same alphabet but for two characters (RFC 4648 5).
    folds['-'] = '+';
    folds['_'] = '/';
    return folds;
}
constexpr auto kFolds = make_folds();

char fold(char c) noexcept {
    return kFolds[static_cast<unsigned char>(c)];
}

int hex_value(char c) noexcept {
    if (ascii_digit(c)) return c - '0';
    const char lower = ascii_lower(c);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// The length of "535-" and "5.7.8" at the start of a line of a reply.
std::size_t prefix_size(std::string_view line) noexcept {
    std::size_t size = 0;
    if (line.size() >= 4 && ascii_digit(line[0]) && ascii_digit(line[1]) && ascii_digit(line[2]) &&
        (line[3] == '-' || line[3] == ' ')) {
        size = 4;
    }
    const std::string_view rest = line.substr(size);
    const int klass = rest.empty() ? 0 : rest.front() - '0';
    if (enhanced_code(klass * 100, rest)) size += std::min(rest.find(' '), rest.size());
    return size;
}

// Puts "%41" together; what stood between its characters does not count any more.
void decode_percent(Skeleton& skeleton) {
    std::string& all = skeleton.characters;
    // In place: what is put together is never longer.
    std::size_t size = 0;
    const auto keep = [&](char c, std::pair<std::uint32_t, std::uint32_t> source) {
        all[size] = c;
        skeleton.sources[size++] = source;
    };
    for (std::size_t i = 0; i < all.size(); ++i) {
        // A code that is broken off would hide that a secret began before it.
        if (all[i] == '%' && i + 2 >= all.size()) break;
        const bool code = all[i] == '%';
        const int high = code ? hex_value(all[i + 1]) : -1;
        const int low = code ? hex_value(all[i + 2]) : -1;
        if (high < 0 || low < 0) {
            keep(all[i], skeleton.sources[i]);
            continue;
        }
        const char c = static_cast<char>(high * 16 + low);
        if (fold(c) != 0) {
            keep(fold(c), {skeleton.sources[i].first, skeleton.sources[i + 2].second});
        }
        i += 2;
    }
    all.resize(size);
    skeleton.sources.resize(size);
}

}  // namespace

Skeleton skeleton_of(std::string_view text, Reading reading) {
    Skeleton result;
    result.characters.reserve(text.size());
    result.sources.reserve(text.size());
    const auto prefix_at = [&](std::size_t start) {
        const std::string_view rest = text.substr(start);
        return reading.without_prefixes ? prefix_size(rest.substr(0, rest.find('\n'))) : 0;
    };
    std::size_t i = prefix_at(0);
    while (i < text.size()) {
        const char c = text[i];
        const char folded = reading.plus_is_blank && c == '+' ? '\0' : fold(c);
        if (folded != 0) {
            result.characters += folded;
            const auto begin = static_cast<std::uint32_t>(i);
            result.sources.emplace_back(begin, begin + 1);
        }
        ++i;
        if (c == '\n') i += prefix_at(i);
    }
    if (reading.percent) decode_percent(result);
    return result;
}

void append_folded(std::string& out, std::string_view text) {
    const std::size_t begin = out.size();
    out.resize(begin + text.size());
    char* end = out.data() + begin;
    for (const char c : text) {
        *end = fold(c);
        end += *end != 0 ? 1 : 0;
    }
    out.resize(static_cast<std::size_t>(end - out.data()));
}

}  // namespace mailprobed
