// SPDX-License-Identifier: Apache-2.0
// Who may see what, and whose requests may act; pure functions over the header of a request.
#pragma once

#include "daemon/http/response.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mailprobed {

/// What is known of a request before it is answered. Fields that are absent are empty.
struct WebRequest {
    std::string method;
    std::string target;
    std::string host;
    std::string origin;
    std::string content_type;
    std::string accept_encoding;
    /// True if a field says that a proxy passed the request on.
    bool forwarded = false;
    /// True if the client connected from this machine.
    bool from_loopback = false;
    /// True if the listening address can be reached from this machine only.
    bool to_loopback = false;
    /// The address that the client connected to, without brackets.
    std::string local_address;
    /// True if the client has logged in or shown a certificate that was verified.
    bool authenticated = false;
};

/// The host of "host:port" or "[::1]:port" in lower case, without brackets; empty if malformed.
[[nodiscard]] std::string host_of(std::string_view authority);

/// True for `localhost`, names below it (RFC 6761 6.3) and loopback addresses.
[[nodiscard]] bool is_loopback_host(std::string_view host);

/// True if the request may see addresses and transcripts: it is authenticated, or comes from this
/// machine, from no proxy, and names it by a loopback name, which a web page that has rebound its
/// own name to 127.0.0.1 cannot do.
[[nodiscard]] bool is_trusted(const WebRequest& request);

/// Why the request may not even read, or nothing if it may: a web page that has rebound its own
/// name to this server's address names itself as Host. Allowed are `names`, loopback's, addresses
/// as such, no Host at all (browsers send one) and whoever has logged in.
[[nodiscard]] std::optional<WebResponse> refusal_to_read(const WebRequest& request,
                                                         const std::vector<std::string>& names);

/// Why the request may not act, or nothing if it may: only POST with JSON (a web page cannot send
/// that elsewhere unasked), under one of our names, from no other origin, and on other than
/// loopback addresses only when authenticated. `names` are allowed beside loopback's and the
/// address connected to.
[[nodiscard]] std::optional<WebResponse> refusal_to_act(const WebRequest& request,
                                                        const std::vector<std::string>& names);

/// True if the client would not be refused to act, the form of its request apart.
[[nodiscard]] bool may_act(const WebRequest& request, const std::vector<std::string>& names);

/// True if Accept-Encoding has gzip with a weight above 0 (RFC 9110 12.5.3).
[[nodiscard]] bool accepts_gzip(std::string_view accept_encoding);

}  // namespace mailprobed
