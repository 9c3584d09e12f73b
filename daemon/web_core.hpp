// SPDX-License-Identifier: Apache-2.0
// What all connections of the web server share; only the web server includes this.
#pragma once

#include "daemon/shared_metrics.hpp"
#include "daemon/web.hpp"
#include "daemon/web_auth.hpp"
#include "daemon/web_policy.hpp"
#include "daemon/web_security.hpp"
#include "daemon/web_slots.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/thread_pool.hpp>

#include <string>
#include <utility>
#include <vector>

namespace mailprobed {

/// The state behind all connections.
struct WebCore {
    WebCore(WebHandlers from, WebLimits with, const WebSetup& setup)
        : handlers(std::move(from)),
          limits(with),
          names(setup.allowed_hosts),
          security(setup.config_file, handlers.web_config_changed),
          slots(limits.connections, limits.patience) {}

    WebHandlers handlers;
    WebLimits limits;
    /// Hosts under which requests may come.
    std::vector<std::string> names;
    WebSecurityFile security;
    Login login;
    WebSlots slots;
    /// Only the pool uses it.
    SharedMetrics metrics;
    HeldTexts held;
    /// Rendering thousands of series takes longer than a tick may wait.
    asio::thread_pool pool{1};
    /// Of one thread: it also keeps the API's answers apart.
    asio::thread_pool api_pool{1};
    /// Questions that wait there or are being answered.
    std::size_t questions = 0;
    /// A pool of its own: guessed passwords must not hold up the metrics.
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
