// SPDX-License-Identifier: Apache-2.0
// From a request to its route: who asks, and may he.
#include "daemon/http/core.hpp"
#include "probes/net/boot_clock.hpp"

#include <utility>

namespace mailprobed {

Awaitable<WebResponse> answer(WebCore& core, std::shared_ptr<const WebSecurity> security,
                              WebRequest request, std::string authorization) {
    const std::vector<WebUser>& users = security->config.users;
    if (!users.empty()) {
        // A client without credentials learns that it needs some, for the price of nothing.
        if (authorization.empty()) co_return plain(401, "log in");
        request.authenticated =
            co_await core.login.check(core.login_pool, users, std::move(authorization));
        if (!request.authenticated) co_return plain(401, "wrong user name or password");
    }
    const WebRoute* route = core.routes.find(request.target);
    if (route == nullptr || route->audience == Audience::readers) {
        if (auto refused = refusal_to_read(request, core.names)) {
            const bool formed = route != nullptr && route->refused;
            co_return formed ? route->refused(std::move(*refused)) : std::move(*refused);
        }
    }
    if (route == nullptr) co_return plain(404, "not found");
    if (!route->all_methods && request.method != "GET" && request.method != "HEAD") {
        co_return plain(405, "only GET and HEAD");
    }
    if (route->shares_text) core.held.make_room(BootClock::now());
    WebCall call{std::move(request), core.names};
    WebResponse response = co_await route->answer(std::move(call));
    co_return response;
}

}  // namespace mailprobed
