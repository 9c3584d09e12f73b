// SPDX-License-Identifier: Apache-2.0
// host:port with brackets around IPv6 (RFC 3986 3.2.2).
#include "daemon/http/listen_address.hpp"

#include <charconv>

namespace mailprobed {

std::optional<ListenAddress> parse_listen_address(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) return std::nullopt;
    std::string_view host = text.substr(0, colon);
    const std::string_view digits = text.substr(colon + 1);
    const bool bracketed = host.starts_with('[') && host.ends_with(']') && host.size() > 2;
    if (bracketed) host = host.substr(1, host.size() - 2);
    // An IPv6 address without brackets could end in anything, a port included.
    const bool has_colon = host.find(':') != std::string_view::npos;
    if (host.empty() || has_colon != bracketed || host.find_first_of("[] ") != std::string::npos) {
        return std::nullopt;
    }
    std::uint16_t port = 0;
    const auto read = std::from_chars(digits.begin(), digits.end(), port);
    if (read.ec != std::errc() || read.ptr != digits.end()) return std::nullopt;
    return ListenAddress{std::string(host), port};
}

std::string to_string(const ListenAddress& address) {
    const bool v6 = address.host.find(':') != std::string::npos;
    return (v6 ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
}

}  // namespace mailprobed
