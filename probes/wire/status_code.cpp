// SPDX-License-Identifier: Apache-2.0
// Recognition of "class.subject.detail".
#include "probes/wire/status_code.hpp"

#include "probes/wire/ascii.hpp"

namespace mailprobed {
namespace {

/// Length of "." and one to three digits at `at`; 0 if they are not there.
std::size_t dotted(std::string_view text, std::size_t at) noexcept {
    if (at >= text.size() || text[at] != '.') return 0;
    std::size_t digits = 0;
    while (digits < 4 && at + 1 + digits < text.size() && ascii_digit(text[at + 1 + digits]))
        ++digits;
    return digits == 0 || digits == 4 ? 0 : digits + 1;
}

constexpr bool is_word(char c) noexcept {
    return ascii_digit(c) || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z');
}

std::size_t code_at(std::string_view text, std::size_t at) noexcept {
    if (text[at] != '2' && text[at] != '4' && text[at] != '5') return 0;
    if (at > 0 && (is_word(text[at - 1]) || text[at - 1] == '.')) return 0;
    const std::size_t subject = dotted(text, at + 1);
    const std::size_t detail = subject == 0 ? 0 : dotted(text, at + 1 + subject);
    if (detail == 0) return 0;
    const std::size_t end = at + 1 + subject + detail;
    // A full stop may follow, a fourth number may not.
    if (end < text.size() && is_word(text[end])) return 0;
    if (end + 1 < text.size() && text[end] == '.' && is_word(text[end + 1])) return 0;
    return end - at;
}

}  // namespace

std::string_view find_status_code(std::string_view text, std::size_t from) noexcept {
    for (std::size_t at = from; at < text.size(); ++at) {
        const std::size_t size = code_at(text, at);
        if (size > 0) return text.substr(at, size);
    }
    return {};
}

}  // namespace mailprobed
