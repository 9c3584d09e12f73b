// SPDX-License-Identifier: Apache-2.0
// The system's name for this host, looked at before it is told to anybody.
#include "probes/net/host_name.hpp"

#include <algorithm>
#include <array>
#include <unistd.h>

namespace mailprobed {
namespace {

constexpr std::size_t kMaxName = 253;
constexpr std::size_t kMaxLabel = 63;

// RFC 6761, 6762, 8375, and what installers and routers make up.
constexpr auto kPrivate = std::to_array<std::string_view>(
    {"local", "localhost", "localdomain", "lan", "home", "internal", "intranet", "private", "corp",
     "arpa", "invalid", "test", "example"});

bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_label(std::string_view label) noexcept {
    if (label.empty() || label.size() > kMaxLabel) return false;
    if (label.front() == '-' || label.back() == '-') return false;
    return std::ranges::all_of(label, [](char c) {
        return is_digit(c) || c == '-' || (lower(c) >= 'a' && lower(c) <= 'z');
    });
}

}  // namespace

bool is_public_name(std::string_view name) noexcept {
    if (name.size() > kMaxName || name.find('.') == std::string_view::npos) return false;
    std::string_view label;
    for (std::string_view rest = name;;) {
        const std::size_t dot = rest.find('.');
        label = rest.substr(0, dot);
        if (!is_label(label)) return false;
        if (dot == std::string_view::npos) break;
        rest.remove_prefix(dot + 1);
    }
    // An address is no name.
    if (std::ranges::all_of(label, is_digit)) return false;
    return std::ranges::none_of(kPrivate, [label](std::string_view suffix) {
        return std::ranges::equal(label, suffix, {}, lower);
    });
}

std::string known_host_name() {
    std::array<char, kMaxName + 2> buffer{};
    if (gethostname(buffer.data(), buffer.size() - 1) != 0) return {};
    std::string name(buffer.data());
    return is_public_name(name) ? name : std::string();
}

}  // namespace mailprobed
