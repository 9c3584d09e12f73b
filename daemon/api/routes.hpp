// SPDX-License-Identifier: Apache-2.0
// What the daemon serves over HTTP: the pages, the API, the metrics, and what acts.
#pragma once

#include "daemon/api/api.hpp"
#include "daemon/http/routes.hpp"
#include "probes/net/awaitable.hpp"

#include <functional>
#include <string>

namespace mailprobed {

/// Where the pages' contents come from; an empty function means the page does not exist.
struct WebHandlers {
    /// The text of /metrics. Called on another thread than the event loop.
    std::function<std::string()> metrics;
    /// True once the daemon probes; called on the event loop.
    std::function<bool()> ready;
    /// The configuration as YAML, secrets masked. Called on another thread than the event loop.
    std::function<std::string()> config;
    /// What the API tells beside the ledger; called on the event loop.
    std::function<ApiState()> api_state;
    /// Answers a GET of the API. Called on another thread than the event loop, always the same.
    std::function<WebResponse(const ApiTarget&, const ApiState&, ApiClient)> api;
    /// Sends a mail of this probe now; called on the event loop.
    std::function<WebResponse(const std::string& probe)> run;
    /// Reads the configuration again and says what came of it; called on the event loop.
    std::function<Awaitable<WebResponse>()> reload;
};

/// The routes of all pages. What they need lives as long as a route or an answer under way does.
[[nodiscard]] RouteTable routes_of(WebHandlers handlers);

}  // namespace mailprobed
