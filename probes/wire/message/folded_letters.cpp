// SPDX-License-Identifier: Apache-2.0
// The folding, by tables of the letters that European languages use.
#include "probes/wire/message/folded_letters.hpp"

#include <array>
#include <cstdint>

namespace mailprobed {
namespace {

// U+00C0 to U+00FF; an underscore stands for what has no base letter of its own.
constexpr std::string_view kLatin1 =
    "aaaaaa_ceeeeiiiidnooooo_ouuuuy__aaaaaa_ceeeeiiiidnooooo_ouuuuy_y";
// U+0100 to U+017F.
constexpr std::string_view kLatinA =
    "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiii__jjkkklllllllllln"
    "nnnnnnnnoooooo__rrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";
static_assert(kLatin1.size() == 64);
static_assert(kLatinA.size() == 128);

struct Letter {
    std::uint32_t code;
    std::size_t octets;
};

/// The next letter; an octet that is not UTF-8 is one of Latin 1.
Letter next_letter(std::string_view text) noexcept {
    const auto at = [&](std::size_t i) -> std::uint32_t {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
    };
    const auto more = [&](std::size_t i) { return (at(i) & 0xc0U) == 0x80U; };
    const std::uint32_t first = at(0);
    if (first >= 0xc2 && first < 0xe0 && more(1))
        return {(first & 0x1fU) << 6U | (at(1) & 0x3fU), 2};
    if (first >= 0xe0 && first < 0xf0 && more(1) && more(2))
        return {(first & 0x0fU) << 12U | (at(1) & 0x3fU) << 6U | (at(2) & 0x3fU), 3};
    if (first >= 0xf0 && first < 0xf5 && more(1) && more(2) && more(3)) return {0x10000, 4};
    return {first, 1};
}

void put(std::string& out, std::uint32_t code) {
    const auto octet = [&out](std::uint32_t value) { out += static_cast<char>(value); };
    if (code < 0x80) {
        octet(code);
    } else if (code < 0x800) {
        octet(0xc0U | code >> 6U);
        octet(0x80U | (code & 0x3fU));
    } else {
        octet(0xe0U | code >> 12U);
        octet(0x80U | (code >> 6U & 0x3fU));
        octet(0x80U | (code & 0x3fU));
    }
}

/// Greek vowels without their accents; 0 for other letters.
std::uint32_t greek_vowel(std::uint32_t code) noexcept {
    static constexpr std::array<std::array<std::uint32_t, 2>, 14> kVowels{{{0x386, 0x3b1},
                                                                           {0x388, 0x3b5},
                                                                           {0x389, 0x3b7},
                                                                           {0x38a, 0x3b9},
                                                                           {0x38c, 0x3bf},
                                                                           {0x38e, 0x3c5},
                                                                           {0x38f, 0x3c9},
                                                                           {0x3ac, 0x3b1},
                                                                           {0x3ad, 0x3b5},
                                                                           {0x3ae, 0x3b7},
                                                                           {0x3af, 0x3b9},
                                                                           {0x3cc, 0x3bf},
                                                                           {0x3cd, 0x3c5},
                                                                           {0x3ce, 0x3c9}}};
    for (const auto& [accented, plain] : kVowels) {
        if (code == accented) return plain;
    }
    return 0;
}

void put_folded(std::string& out, std::uint32_t code) {
    if (code < 0x80) {
        out += static_cast<char>(code >= 'A' && code <= 'Z' ? code - 'A' + 'a' : code);
    } else if (code == 0xdf) {
        out += "ss";
    } else if (code == 0xc6 || code == 0xe6) {
        out += "ae";
    } else if (code >= 0xc0 && code < 0x100 && kLatin1[code - 0xc0] != '_') {
        out += kLatin1[code - 0xc0];
    } else if (code >= 0x100 && code < 0x180 && kLatinA[code - 0x100] != '_') {
        out += kLatinA[code - 0x100];
    } else if (code >= 0x1ea0 && code < 0x1efa) {
        // Vietnamese: a, e, i, o, u, y by the order of the block.
        out += code < 0x1eb8   ? 'a'
               : code < 0x1ec8 ? 'e'
               : code < 0x1ecc ? 'i'
               : code < 0x1ee4 ? 'o'
               : code < 0x1ef2 ? 'u'
                               : 'y';
    } else if (const std::uint32_t vowel = greek_vowel(code); vowel != 0) {
        put(out, vowel);
    } else if (code == 0x451 || code == 0x401) {
        put(out, 0x435);  // Russian writes both for one sound
    } else if ((code >= 0x410 && code < 0x430) || (code >= 0x391 && code < 0x3aa)) {
        put(out, code + 0x20);
    } else if (code >= 0x400 && code < 0x410) {
        put(out, code + 0x50);
    } else if (code >= 0x300 && code < 0x370) {
        return;  // an accent by itself
    } else {
        put(out, code > 0xffff ? 0xfffdU : code);
    }
}

}  // namespace

std::string folded_letters(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const Letter letter = next_letter(text);
        text.remove_prefix(letter.octets);
        if (letter.code <= ' ' || letter.code == 0xa0 || letter.code == 0x3000) {
            if (!out.empty() && out.back() != ' ') out += ' ';
        } else {
            put_folded(out, letter.code);
        }
    }
    return out;
}

}  // namespace mailprobed
