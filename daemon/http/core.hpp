// SPDX-License-Identifier: Apache-2.0
// What all connections of the web server share; only the web server includes this.
#pragma once

#include "daemon/http/auth.hpp"
#include "daemon/http/held_texts.hpp"
#include "daemon/http/policy.hpp"
#include "daemon/http/routes.hpp"
#include "daemon/http/security.hpp"
#include "daemon/http/server.hpp"
#include "daemon/http/slots.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/thread_pool.hpp>

#include <string>
#include <utility>
#include <vector>

namespace mailprobed {

/// The state behind all connections.
struct WebCore {
    WebCore(RouteTable from, WebLimits with, const WebSetup& setup)
        : routes(std::move(from)),
          limits(with),
          names(setup.allowed_hosts),
          security(setup.config_file, setup.config_changed),
          slots(limits.connections, limits.patience) {}

    RouteTable routes;
    WebLimits limits;
    /// Hosts under which requests may come.
    std::vector<std::string> names;
    WebSecurityFile security;
    Login login;
    WebSlots slots;
    HeldTexts held;
    /// Guessed passwords must hold up nothing else.
    asio::thread_pool login_pool{1};
};

/// A client, and where it came in.
struct WebPeer {
    bool from_loopback = false;
    bool to_loopback = false;
    std::string local_address;
};

/// The answer to a request; `authorization` is the field of that name. Nothing of it depends on how
/// the request came in but what `request` says.
[[nodiscard]] Awaitable<WebResponse> answer(WebCore& core,
                                            std::shared_ptr<const WebSecurity> security,
                                            WebRequest request, std::string authorization);

/// Serves one connection to its end.
[[nodiscard]] Awaitable<void> serve_connection(
    WebCore& core, WebSlots::Slot slot, asio::basic_stream_socket<asio::ip::tcp, Executor> socket,
    WebPeer peer);

}  // namespace mailprobed
