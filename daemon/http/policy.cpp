// SPDX-License-Identifier: Apache-2.0
// Browsers on this machine are not friends: a page of anybody can make them send requests here.
#include "daemon/http/policy.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <netinet/in.h>

namespace mailprobed {

namespace {

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string lowered(std::string_view text) {
    std::string result(text);
    std::ranges::transform(result, result.begin(), lower);
    return result;
}

std::string_view trimmed(std::string_view text) {
    const std::size_t first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// The part before the first `separator`, trimmed; the rest stays in `text`.
std::string_view next_part(std::string_view& text, char separator) {
    const std::size_t end = std::min(text.find(separator), text.size());
    const std::string_view part = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    return part;
}

bool is_json(std::string_view content_type) {
    return lowered(next_part(content_type, ';')) == "application/json";
}

/// True if `origin` is absent or the very place that `host` names (RFC 6454 7).
bool same_origin(std::string_view origin, std::string_view host) {
    if (origin.empty()) return true;
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (origin.starts_with(scheme))
            return lowered(origin.substr(scheme.size())) == lowered(host);
    }
    return false;
}

constexpr std::string_view kForeignHost =
    "the Host of the request is no name of this server; name it under web.allowed_hosts or with "
    "--web.allowed-host";

bool is_address(const std::string& host) {
    in_addr v4{};
    in6_addr v6{};
    return ::inet_pton(AF_INET, host.c_str(), &v4) == 1 ||
           ::inet_pton(AF_INET6, host.c_str(), &v6) == 1;
}

bool is_our_name(const WebRequest& request, const std::vector<std::string>& names) {
    const std::string host = host_of(request.host);
    if (host.empty()) return false;
    if (is_loopback_host(host) || host == lowered(request.local_address)) return true;
    return std::ranges::any_of(names,
                               [&host](const std::string& name) { return lowered(name) == host; });
}

}  // namespace

std::string host_of(std::string_view authority) {
    std::string_view host = authority;
    std::string_view port;
    if (host.starts_with('[')) {
        const std::size_t end = host.find(']');
        if (end == std::string_view::npos) return {};
        port = host.substr(end + 1);
        host = host.substr(1, end - 1);
    } else if (const std::size_t colon = host.find(':'); colon != std::string_view::npos) {
        port = host.substr(colon);
        host = host.substr(0, colon);
    }
    const bool good_port =
        port.empty() ||
        (port.front() == ':' && port.find_first_not_of("0123456789", 1) == std::string_view::npos);
    if (!good_port) return {};
    if (host.ends_with('.')) host.remove_suffix(1);
    return lowered(host);
}

bool is_loopback_host(std::string_view host) {
    if (host == "localhost" || host.ends_with(".localhost")) return true;
    const std::string text(host);
    in_addr v4{};
    if (::inet_pton(AF_INET, text.c_str(), &v4) == 1) return ntohl(v4.s_addr) >> 24 == 127;
    in6_addr v6{};
    return ::inet_pton(AF_INET6, text.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

bool is_trusted(const WebRequest& request) {
    if (request.authenticated) return true;
    return request.from_loopback && !request.forwarded && is_loopback_host(host_of(request.host));
}

std::optional<WebResponse> refusal_to_read(const WebRequest& request,
                                           const std::vector<std::string>& names) {
    if (request.authenticated || request.host.empty()) return std::nullopt;
    if (is_address(host_of(request.host)) || is_our_name(request, names)) return std::nullopt;
    return plain(403, std::string(kForeignHost));
}

std::optional<WebResponse> refusal_to_act(const WebRequest& request,
                                          const std::vector<std::string>& names) {
    if (request.method != "POST") {
        WebResponse refused = plain(405, "only POST");
        refused.allow = "POST";
        return refused;
    }
    if (!is_json(request.content_type)) {
        return plain(415, "send Content-Type: application/json");
    }
    if (!is_our_name(request, names)) {
        return plain(403, std::string(kForeignHost));
    }
    if (!same_origin(request.origin, request.host)) {
        return plain(403, "the request comes from a page of another origin");
    }
    if (!request.authenticated && (!request.to_loopback || request.forwarded)) {
        return plain(403,
                     "requests that act need a login unless both ends are loopback addresses; see "
                     "--web.config.file");
    }
    return std::nullopt;
}

bool may_act(const WebRequest& request, const std::vector<std::string>& names) {
    WebRequest acting = request;
    acting.method = "POST";
    acting.content_type = "application/json";
    return !refusal_to_act(acting, names);
}

bool accepts_gzip(std::string_view accept_encoding) {
    while (!accept_encoding.empty()) {
        std::string_view entry = next_part(accept_encoding, ',');
        if (lowered(next_part(entry, ';')) != "gzip") continue;
        if (entry.empty()) return true;
        const std::string weight = lowered(trimmed(entry));
        return weight.starts_with("q=") && weight.find_first_of("123456789") != std::string::npos;
    }
    return false;
}

}  // namespace mailprobed
