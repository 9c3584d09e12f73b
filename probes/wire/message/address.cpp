// SPDX-License-Identifier: Apache-2.0
// Finding addresses and comparing their domains.
#include "probes/wire/message/address.hpp"

#include "probes/base/ascii.hpp"
#include "probes/wire/message/comments.hpp"

#include <algorithm>
#include <optional>

namespace mailprobed {
namespace {

constexpr std::size_t kMaxAddress = 320;  // RFC 5321 4.5.3.1

constexpr bool is_local(char c) noexcept {
    const char l = ascii_lower(c);
    return (l >= 'a' && l <= 'z') || ascii_digit(c) ||
           std::string_view("!#$%&'*+-/=?^_`{|}~.").find(c) != std::string_view::npos ||
           static_cast<unsigned char>(c) >= 0x80;
}

constexpr bool is_domain(char c) noexcept {
    const char l = ascii_lower(c);
    return (l >= 'a' && l <= 'z') || ascii_digit(c) || c == '-' || c == '.' ||
           static_cast<unsigned char>(c) >= 0x80;
}

std::string small(std::string_view text) {
    std::string result(text);
    std::ranges::transform(result, result.begin(), ascii_lower);
    return result;
}

/// Without comments; a quoted display name stays, for it stands before the angle.
std::string without_comments(std::string_view text) {
    std::string result;
    for (std::size_t at = 0; at < text.size();) {
        if (text[at] == '(') {
            at = std::min(comment_end(text, at), text.size());
        } else if (text[at] == '"') {
            const std::size_t end = std::min(quoted_end(text, at), text.size());
            result += text.substr(at, end - at);
            at = end;
        } else {
            result += text[at++];
        }
    }
    return result;
}

/// What stands between the first angles outside quotes.
std::optional<std::string_view> in_angles(std::string_view text) {
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] == '"') {
            at = quoted_end(text, at);
            if (at == std::string_view::npos) return std::nullopt;
            --at;
        } else if (text[at] == '<') {
            const std::size_t end = text.find('>', at);
            return text.substr(at + 1, end == std::string_view::npos ? end : end - at - 1);
        }
    }
    return std::nullopt;
}

}  // namespace

std::string address_of(std::string_view field) {
    const std::string plain = without_comments(field);
    std::string_view text = plain;
    if (const auto angle = in_angles(text)) {
        text = *angle;
        // A source route (RFC 5321 F.2) leads to what stands behind it.
        if (text.starts_with('@')) text.remove_prefix(std::min(text.find(':') + 1, text.size()));
    } else {
        // "rfc822;" in front, further addresses behind.
        const std::size_t type = text.find(';');
        if (type != std::string_view::npos &&
            text.substr(0, type).find('@') == std::string_view::npos)
            text.remove_prefix(type + 1);
        text = text.substr(0, text.find_first_of(",;"));
    }
    if (text.find('@') == std::string_view::npos) return {};
    std::string result;
    for (const char c : text) {
        if (c != '"' && c != '\\' && !ascii_blank(c) && c != '\r' && c != '\n') result += c;
    }
    while (result.ends_with('.'))
        result.pop_back();
    result.resize(std::min(result.size(), kMaxAddress));
    return small(result);
}

std::vector<std::string> addresses_in(std::string_view text, std::size_t most) {
    std::vector<std::string> found;
    std::size_t free = 0;  // nothing before it belongs to another address
    for (std::size_t at = text.find('@'); at != std::string_view::npos && found.size() < most;
         at = text.find('@', at + 1)) {
        std::size_t begin = at;
        while (begin > free && at - begin < 64 && is_local(text[begin - 1]))
            --begin;
        std::size_t end = at + 1;
        while (end < text.size() && end - at < 256 && is_domain(text[end]))
            ++end;
        free = end;
        std::string_view domain = text.substr(at + 1, end - at - 1);
        while (domain.ends_with('.') || domain.ends_with('-'))
            domain.remove_suffix(1);
        while (begin < at && std::string_view("'`=/-.").find(text[begin]) != std::string_view::npos)
            ++begin;
        if (begin == at || domain.empty() || domain.front() == '.') continue;
        found.push_back(small(text.substr(begin, at - begin)) + "@" + small(domain));
    }
    return found;
}

std::string_view domain_of(std::string_view address) noexcept {
    const std::size_t at = address.rfind('@');
    return at == std::string_view::npos ? std::string_view{} : address.substr(at + 1);
}

bool related_domains(std::string_view a, std::string_view b) noexcept {
    if (a.empty() || b.empty()) return false;
    if (a.size() < b.size()) std::swap(a, b);
    if (ascii_iequals(a, b)) return true;
    return b.find('.') != std::string_view::npos && a.size() > b.size() + 1 &&
           a[a.size() - b.size() - 1] == '.' && ascii_iequals(a.substr(a.size() - b.size()), b);
}

}  // namespace mailprobed
