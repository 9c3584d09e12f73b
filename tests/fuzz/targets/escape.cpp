// SPDX-License-Identifier: Apache-2.0
// Fuzz target: octets from outside on their way to logs and pages.
#include "probes/base/escape.hpp"

#include "tests/fuzz/support/fuzz.hpp"

#include <optional>
#include <string>

namespace mailprobed::fuzz {
namespace {

struct Character {
    std::uint32_t value = 0;
    std::size_t size = 0;
};

// By the table of RFC 3629 4, not by arithmetic as the code under test.
std::optional<Character> utf8_at(std::string_view text) {
    const auto at = [&](std::size_t i) -> std::uint32_t {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
    };
    const auto in = [&](std::size_t i, std::uint32_t low, std::uint32_t high) {
        return at(i) >= low && at(i) <= high;
    };
    const std::uint32_t a = at(0);
    if (a < 0x80) return Character{a, 1};
    const auto bits = [&](std::size_t i) { return at(i) & 0x3fU; };
    if (in(0, 0xc2, 0xdf) && in(1, 0x80, 0xbf)) return Character{(a & 0x1fU) << 6U | bits(1), 2};
    const bool three = (a == 0xe0 && in(1, 0xa0, 0xbf)) || (a == 0xed && in(1, 0x80, 0x9f)) ||
                       (a >= 0xe1 && a <= 0xef && a != 0xed && in(1, 0x80, 0xbf));
    if (three && in(2, 0x80, 0xbf)) {
        return Character{(a & 0xfU) << 12U | bits(1) << 6U | bits(2), 3};
    }
    const bool four = (a == 0xf0 && in(1, 0x90, 0xbf)) || (a == 0xf4 && in(1, 0x80, 0x8f)) ||
                      (a >= 0xf1 && a <= 0xf3 && in(1, 0x80, 0xbf));
    if (four && in(2, 0x80, 0xbf) && in(3, 0x80, 0xbf)) {
        return Character{(a & 7U) << 18U | bits(1) << 12U | bits(2) << 6U | bits(3), 4};
    }
    return std::nullopt;
}

bool harmless(std::uint32_t c) {
    if (c < 0x20 || (c >= 0x7f && c < 0xa0)) return false;
    if (c == 0x61c || c == 0x200e || c == 0x200f || c == 0xfeff) return false;
    return !(c >= 0x2028 && c <= 0x202e) && !(c >= 0x2066 && c <= 0x2069);
}

void append(std::string& out, std::uint32_t c) {
    if (c < 0x80) {
        out += static_cast<char>(c);
        return;
    }
    const int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    out += static_cast<char>((0xf0U << static_cast<unsigned>(3 - more) & 0xffU) |
                             c >> static_cast<unsigned>(6 * more));
    for (int i = more - 1; i >= 0; --i) {
        out += static_cast<char>(0x80U | (c >> static_cast<unsigned>(6 * i) & 0x3fU));
    }
}

// The octets that `text` stands for.
std::string unescaped(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        if (text.front() != '\\') {
            out += text.front();
            text.remove_prefix(1);
            continue;
        }
        require(text.size() >= 2, "a backslash is never last");
        const char kind = text[1];
        text.remove_prefix(2);
        if (kind == 'x') {
            require(text.size() >= 2, "two digits follow \\x");
            out += static_cast<char>(std::stoi(std::string(text.substr(0, 2)), nullptr, 16));
            text.remove_prefix(2);
        } else if (kind == 'u') {
            const std::size_t end = text.find('}');
            require(text.starts_with('{') && end != std::string_view::npos, "\\u has braces");
            append(out, static_cast<std::uint32_t>(
                            std::stoul(std::string(text.substr(1, end - 1)), nullptr, 16)));
            text.remove_prefix(end + 1);
        } else {
            const std::size_t which = std::string_view("\\nrt").find(kind);
            require(which != std::string_view::npos, "no other escapes are made");
            out += "\\\n\r\t"[which];
        }
    }
    return out;
}

void check(std::string_view octets, std::size_t max) {
    const std::string text = escaped(octets, max);
    require(text.size() <= max + 3, "the text is bounded");
    for (std::string_view rest = text; !rest.empty();) {
        const auto c = utf8_at(rest);
        require(c.has_value(), "the text is UTF-8");
        require(harmless(c->value), "nothing in it ends a line or moves a cursor");
        rest.remove_prefix(c->size);
    }
    const std::string all = escaped(octets, octets.size() * 10);
    require(unescaped(all) == octets, "escaping loses nothing");
    if (all.size() <= max) {
        require(text == all, "what fits is not cut");
    } else {
        require(text.ends_with("...") && all.starts_with(text.substr(0, text.size() - 3)),
                "what is cut is a beginning");
    }
}

}  // namespace
}  // namespace mailprobed::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace mailprobed::fuzz;
    const std::string_view octets = as_text(data, size);
    for (const std::size_t max : {std::size_t{0}, std::size_t{1}, std::size_t{7}, size / 2, size,
                                  mailprobed::kMaxEscaped}) {
        check(octets, max);
    }
    return 0;
}
