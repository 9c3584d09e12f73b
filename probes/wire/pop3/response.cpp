// SPDX-License-Identifier: Apache-2.0
// The grammar of POP3 responses.
#include "probes/wire/pop3/response.hpp"

#include "probes/base/ascii.hpp"

#include <algorithm>

namespace mailprobed {

namespace {

constexpr std::size_t kMaxUidl = 70;
constexpr std::size_t kMaxTimestamp = 255;

bool graphic(char c) noexcept {
    return c > ' ' && c < '\x7f';
}

// True if `line` is `word`, alone or before a blank; then `rest` is what follows.
bool starts_word(std::string_view line, std::string_view word, std::string_view& rest) noexcept {
    if (line.size() < word.size() || !ascii_iequals(line.substr(0, word.size()), word)) {
        return false;
    }
    if (line.size() > word.size() && !ascii_blank(line[word.size()])) return false;
    rest = trimmed(line.substr(word.size()));
    return true;
}

Pop3Code code_of(std::string_view text) noexcept {
    if (!text.starts_with('[')) return Pop3Code::none;
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return Pop3Code::none;
    const std::string_view code = text.substr(1, end - 1);
    if (ascii_iequals(code, "AUTH")) return Pop3Code::auth;
    if (ascii_iequals(code, "IN-USE")) return Pop3Code::in_use;
    if (ascii_iequals(code, "LOGIN-DELAY")) return Pop3Code::login_delay;
    if (ascii_iequals(code, "SYS/TEMP")) return Pop3Code::sys_temp;
    if (ascii_iequals(code, "SYS/PERM")) return Pop3Code::sys_perm;
    return Pop3Code::none;
}

std::optional<std::uint32_t> take_number(std::string_view& line) noexcept {
    return to_number<std::uint32_t>(take_word(line));
}

}  // namespace

Pop3Response pop3_response(std::string_view line) noexcept {
    Pop3Response result;
    if (starts_word(line, "+OK", result.text)) {
        result.status = Pop3Status::ok;
    } else if (starts_word(line, "-ERR", result.text)) {
        result.status = Pop3Status::err;
        result.code = code_of(result.text);
    } else if (starts_word(line, "+", result.text)) {
        result.status = Pop3Status::more;
    }
    return result;
}

std::optional<std::uint32_t> pop3_stat(std::string_view text) noexcept {
    return take_number(text);
}

std::optional<Pop3Listed> pop3_uidl_line(std::string_view line) noexcept {
    const auto number = take_number(line);
    const std::string_view uidl = take_word(line);
    if (!number || *number == 0) return std::nullopt;
    const bool reliable = !uidl.empty() && uidl.size() <= kMaxUidl && line.empty() &&
                          std::ranges::all_of(uidl, graphic);
    return Pop3Listed{*number, reliable ? uidl : std::string_view{}, std::nullopt};
}

std::optional<Pop3Listed> pop3_list_line(std::string_view line) noexcept {
    const auto number = take_number(line);
    if (!number || *number == 0) return std::nullopt;
    return Pop3Listed{*number, {}, to_number<std::uint64_t>(take_word(line))};
}

std::optional<std::string_view> apop_timestamp(std::string_view greeting) noexcept {
    const std::size_t open = greeting.find('<');
    if (open == std::string_view::npos) return std::nullopt;
    const std::size_t close = greeting.find('>', open);
    if (close == std::string_view::npos || close - open + 1 > kMaxTimestamp) return std::nullopt;
    const std::string_view inner = greeting.substr(open + 1, close - open - 1);
    const std::size_t at = inner.find('@');
    // The shape of a msg-id keeps a hostile server from choosing what is hashed (CVE-2007-1558).
    if (at == std::string_view::npos || at == 0 || at + 1 == inner.size() ||
        inner.find('@', at + 1) != std::string_view::npos ||
        inner.find('<') != std::string_view::npos || !std::ranges::all_of(inner, graphic)) {
        return std::nullopt;
    }
    return greeting.substr(open, close - open + 1);
}

}  // namespace mailprobed
