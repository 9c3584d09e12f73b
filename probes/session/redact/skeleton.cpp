// SPDX-License-Identifier: Apache-2.0
// Folding of text.
#include "probes/session/redact/skeleton.hpp"

#include "probes/base/ascii.hpp"
#include "probes/wire/smtp/reply.hpp"

#include <algorithm>
#include <array>

namespace mailprobed {

namespace {

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

std::string_view line_at(std::string_view text, std::size_t start) noexcept {
    return text.substr(start, text.find('\n', start) - start);
}

}  // namespace

int hex_value(char c) noexcept {
    if (ascii_digit(c)) return c - '0';
    const char lower = ascii_lower(c);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

std::size_t prefix_at(std::string_view text, std::size_t start) noexcept {
    // Both kinds begin with a digit.
    if (start >= text.size() || !ascii_digit(text[start])) return 0;
    return prefix_size(line_at(text, start));
}

bool has_prefixes(std::string_view text) noexcept {
    for (std::size_t start = 0; start < text.size();) {
        if (prefix_at(text, start) > 0) return true;
        const std::size_t end = text.find('\n', start);
        if (end == std::string_view::npos) return false;
        start = end + 1;
    }
    return false;
}

Skeleton skeleton_of(std::string_view text, bool without_prefixes) {
    Skeleton result;
    result.without_prefixes = without_prefixes;
    result.octets.resize(text.size());
    result.sources.resize(text.size());
    std::size_t size = 0;
    const auto skipped = [&](std::size_t start) {
        return without_prefixes ? prefix_at(text, start) : 0;
    };
    std::size_t i = skipped(0);
    while (i < text.size()) {
        const char c = text[i];
        if (folded(c) != 0) {
            const auto begin = static_cast<std::uint32_t>(i);
            result.octets[size] = c;
            result.sources[size++] = {begin, begin + 1};
        }
        ++i;
        if (c == '\n') i += skipped(i);
    }
    result.octets.resize(size);
    result.sources.resize(size);
    return result;
}

bool belongs_to_gap(char octet) noexcept {
    // Postfix and Dovecot write ?, others one of these.
    constexpr std::string_view kInstead = "?*_#~";
    return static_cast<unsigned char>(octet) >= 0x80 ||
           kInstead.find(octet) != std::string_view::npos;
}

Skeleton gapped(const Skeleton& skeleton) {
    Skeleton result;
    result.without_prefixes = skeleton.without_prefixes;
    result.octets.reserve(skeleton.octets.size());
    result.sources.reserve(skeleton.octets.size());
    bool in_gap = false;
    for (std::size_t i = 0; i < skeleton.octets.size(); ++i) {
        const char octet = skeleton.octets[i];
        const bool gap = belongs_to_gap(octet);
        if (gap && in_gap) {
            result.sources.back().second = skeleton.sources[i].second;
        } else {
            result.octets += gap ? kGap : octet;
            result.sources.push_back(skeleton.sources[i]);
        }
        in_gap = gap;
    }
    return result;
}

void append_folded(std::string& out, std::string_view text) {
    const std::size_t begin = out.size();
    out.resize(begin + text.size());
    char* end = out.data() + begin;
    for (const char c : text) {
        *end = folded(c);
        end += *end != 0 ? 1 : 0;
    }
    out.resize(static_cast<std::size_t>(end - out.data()));
}

}  // namespace mailprobed
