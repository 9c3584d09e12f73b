// SPDX-License-Identifier: Apache-2.0
// Fuzz target: the first line is a secret, the rest what a server says.
#include "probes/session/redact/masker.hpp"

#include "probes/base/ascii.hpp"
#include "probes/base/base64.hpp"
#include "tests/fuzz/support/fuzz.hpp"

#include <array>
#include <string>

namespace mailprobed::fuzz {
namespace {

// What is left of a text when case, blanks and controls are ignored, and base64url is base64.
std::string folded(std::string_view text) {
    std::string result;
    for (char c : text) {
        if (static_cast<unsigned char>(c) <= ' ' || c == '\x7f') continue;
        if (c == '-') c = '+';
        if (c == '_') c = '/';
        result += ascii_lower(c);
    }
    return result;
}

// The parts of a masked text that are still seen.
std::vector<std::string_view> seen_parts(std::string_view masked) {
    std::vector<std::string_view> parts;
    for (std::size_t at = masked.find(Masker::kMask); at != std::string_view::npos;
         at = masked.find(Masker::kMask)) {
        parts.push_back(masked.substr(0, at));
        masked.remove_prefix(at + Masker::kMask.size());
    }
    parts.push_back(masked);
    return parts;
}

std::string hexadecimal(std::string_view octets, std::string_view before) {
    std::string result;
    for (const char c : octets) {
        char digits[3];
        std::snprintf(digits, sizeof digits, "%02X", static_cast<unsigned>(c) & 0xffU);
        result.append(before).append(digits);
    }
    return result;
}

// `text` octet by octet in a printf format.
std::string each(std::string_view text, const char* format) {
    std::string result;
    for (const char c : text) {
        char code[16];
        std::snprintf(code, sizeof code, format, static_cast<unsigned>(c) & 0xffU);
        result += code;
    }
    return result;
}

// `text` in one of the forms in which servers write what they will not write as it is.
std::string encoded(std::string_view text, std::uint64_t dice) {
    constexpr std::array<const char*, 10> kFormats{"%%%02X",  "&#%u;",  "&#x%x;", "\\u%04x",
                                                   "\\x%02x", "\\%03o", "=%02X",  "%02x",
                                                   "0x%02X,", "%u, "};
    const std::size_t which = dice % (kFormats.size() + 1);
    return which == kFormats.size() ? base64(text) : each(text, kFormats.at(which));
}

// The base64 characters that `secret` decides alone behind `before` octets; empty if too few.
std::string core(std::string_view secret, std::size_t before) {
    const std::string text = base64(std::string(before, '\0') + std::string(secret));
    const std::size_t begin = (before * 8 + 5) / 6;
    const std::size_t end = (before + secret.size()) * 8 / 6;
    return end < begin + 4 ? std::string() : text.substr(begin, end - begin);
}

struct Rules {
    std::string secret;

    [[nodiscard]] std::string masked(std::string_view text, bool open_end = false) const {
        Masker masker;
        masker.add(secret);
        return masker.masked(text, open_end);
    }

    void hidden(std::string_view masked, std::string_view form, const char* rule) const {
        const std::string pattern = folded(form);
        if (pattern.empty()) return;
        for (const std::string_view part : seen_parts(masked)) {
            require(folded(part).find(pattern) == std::string::npos, rule);
        }
    }

    void all_hidden(std::string_view text) const {
        const std::string result = masked(text);
        hidden(result, secret, "a secret is not seen, whatever its case and spacing");
        hidden(result, hexadecimal(secret, ""), "nor is it in hexadecimal");
        for (std::size_t before = 0; before < 3; ++before) {
            hidden(result, core(secret, before), "nor is it in base64");
        }
        require(std::ranges::count(result, '\n') == std::ranges::count(text, '\n'),
                "lines stay lines");
        // All that is seen stood there before, in this order.
        std::size_t at = 0;
        for (const std::string_view part : seen_parts(result)) {
            for (const char c : part) {
                at = text.find(c, at);
                require(at != std::string_view::npos, "nothing is added but the mask");
                ++at;
            }
        }
    }

    void open_end(std::string_view text) const {
        const std::string result = masked(text, true);
        hidden(result, secret, "an open end hides no less");
        const std::string pattern = folded(secret);
        const std::string last = folded(seen_parts(result).back());
        for (std::size_t size = 3; size < pattern.size(); ++size) {
            if (size < 6 && size * 2 < pattern.size()) continue;
            require(last.empty() || !last.ends_with(pattern.substr(0, size)),
                    "the start of a secret at an open end is not seen");
        }
    }

    // The secret in one to three encodings, one within the other.
    void encodings(std::uint64_t dice) const {
        const bool usual = secret.size() >= 6 && std::ranges::all_of(secret, [](char c) {
                               return c > ' ' && c < '\x7f';
                           });
        if (!usual || secret.size() > 64) return;
        std::string form = secret;
        for (std::uint64_t depth = dice % 3 + 1; depth > 0; --depth) {
            dice /= 16;
            form = encoded(form, dice);
        }
        const std::string result = masked("535 you said {{" + form + "}}");
        require(result.find(Masker::kMask) != std::string::npos, "no encoding hides a secret");
    }

    // The secret itself in a form that servers echo.
    void echoed(std::string_view text) const {
        if (folded(secret).empty()) return;
        const std::string before = std::string(text) + "\n535-5.7.8 you said ";
        const std::string after = " to me\n535 no";
        const std::string url = hexadecimal(secret, "%");
        const std::array<std::string, 6> forms{secret,
                                               url,
                                               hexadecimal(secret, ""),
                                               base64(secret),
                                               base64("u" + secret + "x"),
                                               base64("ab" + secret)};
        // One of them whole and one broken an input: all of both would take most of the time.
        const std::uint64_t dice = hash_of(text);
        const std::string& whole = forms.at(dice % forms.size());
        const std::string& broken = forms.at(dice / forms.size() % forms.size());
        const std::size_t at = dice / 64 % (broken.size() + 1);
        all_hidden(before + whole + after);
        all_hidden(before + broken.substr(0, at) + "\r\n535-" + broken.substr(at) + after);
        hidden(masked(before + url + after), url, "a secret is not seen in percent codes");
    }
};

}  // namespace
}  // namespace mailprobed::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace mailprobed::fuzz;
    const std::string_view input = as_text(data, size);
    const std::size_t lf = std::min(input.find('\n'), size);
    const Rules rules{std::string(input.substr(0, lf))};
    const std::string_view text = input.substr(std::min(lf + 1, size));
    if (rules.secret.empty()) {
        require(rules.masked(text) == text, "an empty secret hides nothing");
        return 0;
    }
    rules.all_hidden(text);
    rules.open_end(text);
    rules.echoed(text);
    rules.encodings(hash_of(input));
    return 0;
}
