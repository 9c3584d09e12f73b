// SPDX-License-Identifier: Apache-2.0
// Recognition of "class.subject.detail".
#include "probes/wire/status_code.hpp"

#include "probes/wire/ascii.hpp"

#include <algorithm>
#include <array>

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

/// Whether what stands before a number introduces the reply of a server.
bool introduces_reply(std::string_view before) noexcept {
    static constexpr std::array<std::string_view, 9> kWords{
        "said", "error", "code", "reply", "response", "smtp", "status", "fehler", "replied"};
    const std::size_t end = before.find_last_not_of(" \t");
    if (end == std::string_view::npos) return true;
    before = before.substr(0, end + 1);
    if (std::string_view("\r\n:;([{\"'<>#|=").find(before.back()) != std::string_view::npos) {
        return true;
    }
    return std::ranges::any_of(kWords, [&](std::string_view word) {
        return before.size() >= word.size() &&
               ascii_iequals(before.substr(before.size() - word.size()), word);
    });
}

bool is_reply_code(std::string_view text, std::size_t at) noexcept {
    if (text[at] != '4' && text[at] != '5') return false;
    if (at + 2 >= text.size() || !ascii_digit(text[at + 1]) || !ascii_digit(text[at + 2])) {
        return false;
    }
    if (text[at + 1] > '7') return false;
    if (at > 0 && (is_word(text[at - 1]) || text[at - 1] == '.' || text[at - 1] == '-'))
        return false;
    const std::string_view rest = text.substr(at + 3);
    // "550 5.1.1 ...", "550-text", "550: text", "(550)"; a number of four digits or a date is none.
    if (!rest.empty() &&
        std::string_view(" -:\t\r\n)]\"',;").find(rest.front()) == std::string_view::npos)
        return false;
    if (rest.size() > 1 && rest.front() == '-' && ascii_digit(rest[1]) &&
        (rest.size() < 3 || rest[2] != '.')) {
        return false;
    }
    return introduces_reply(text.substr(0, at));
}

}  // namespace

std::string_view find_reply_code(std::string_view text, std::size_t from) noexcept {
    for (std::size_t at = from; at < text.size(); ++at) {
        if (is_reply_code(text, at)) return text.substr(at, 3);
    }
    return {};
}

std::string_view find_status_code(std::string_view text, std::size_t from) noexcept {
    for (std::size_t at = from; at < text.size(); ++at) {
        const std::size_t size = code_at(text, at);
        if (size > 0) return text.substr(at, size);
    }
    return {};
}

}  // namespace mailprobed
