// SPDX-License-Identifier: Apache-2.0
// The grammar of SMTP replies.
#include "probes/wire/smtp/reply.hpp"

#include "probes/base/ascii.hpp"

#include <utility>

namespace mailprobed {

namespace {

// Up to three digits off the front of `text`; nothing if there is none or there are more.
std::optional<std::uint16_t> take_part(std::string_view& text) noexcept {
    std::size_t size = 0;
    while (size < text.size() && ascii_digit(text[size])) {
        ++size;
    }
    if (size == 0 || size > 3) return std::nullopt;
    const auto value = to_number<std::uint16_t>(text.substr(0, size));
    text.remove_prefix(size);
    return value;
}

bool take_dot(std::string_view& text) noexcept {
    if (!text.starts_with('.')) return false;
    text.remove_prefix(1);
    return true;
}

}  // namespace

std::optional<EnhancedCode> enhanced_code(int code, std::string_view text) noexcept {
    const auto klass = take_part(text);
    if (!klass || *klass != code / 100 || !take_dot(text)) return std::nullopt;
    const auto subject = take_part(text);
    if (!subject || !take_dot(text)) return std::nullopt;
    const auto detail = take_part(text);
    if (!detail || (!text.empty() && !ascii_blank(text.front()))) return std::nullopt;
    return EnhancedCode{*klass, *subject, *detail};
}

std::string SmtpReply::said() const {
    std::string result = std::to_string(code);
    if (!text.empty()) result.append(1, ' ').append(text);
    return result;
}

SmtpReplyParser::Step SmtpReplyParser::add(std::string_view line) {
    ++lines_;
    bytes_ += line.size();
    if (lines_ > kMaxLines || bytes_ > kMaxBytes) return Step::too_long;
    if (line.size() < 3 || line[0] < '2' || line[0] > '5') return Step::malformed;
    if (!ascii_digit(line[1]) || !ascii_digit(line[2])) return Step::malformed;
    // A code alone on its line is a complete reply too (RFC 5321 4.2.1).
    const char mark = line.size() > 3 ? line[3] : ' ';
    if (mark != ' ' && mark != '-') return Step::malformed;

    const int code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
    const std::string_view text = line.size() > 4 ? line.substr(4) : std::string_view{};
    if (lines_ > 1) {
        reply_.text += '\n';
        if (code != reply_.code) reply_.mixed_codes = true;
    }
    reply_.code = code;
    reply_.text += text;
    if (!reply_.enhanced) reply_.enhanced = enhanced_code(code, text);
    return mark == '-' ? Step::more : Step::done;
}

SmtpReply SmtpReplyParser::take() noexcept {
    lines_ = bytes_ = 0;
    // A class that contradicts the code that counts says nothing.
    if (reply_.enhanced && reply_.enhanced->klass != reply_.first_digit()) reply_.enhanced.reset();
    return std::exchange(reply_, {});
}

}  // namespace mailprobed
