// SPDX-License-Identifier: Apache-2.0
// What the web server answers, apart from how: targets, status codes, pages.
#pragma once

#include "config/problem.hpp"
#include "daemon/api.hpp"
#include "daemon/web_response.hpp"
#include "probes/net/awaitable.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

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
    /// Learns of a new file of --web.config.file: taken (no problems) or refused, the old one
    /// staying in force. Called on the event loop.
    std::function<void(const std::vector<ConfigProblem>&)> web_config_changed;
};

/// The pages there are.
enum class Page : std::uint8_t {
    none,
    landing,
    asset,
    api,
    metrics,
    healthy,
    ready,
    config,
    reload,
};

/// The page a request target names (origin form or absolute form, RFC 9112 3.2; query ignored).
[[nodiscard]] Page page_of(std::string_view target);

/// A one-line answer in plain text.
[[nodiscard]] WebResponse plain(unsigned status, std::string_view text);
/// The file of daemon/pages/ that a target of the pages landing and asset names.
[[nodiscard]] WebResponse page_file(std::string_view target);
/// The part of a target behind scheme and authority, if it has those.
[[nodiscard]] std::string_view origin_form(std::string_view target);

/// Runs `make`; what it throws becomes a 500 that does not tell why.
[[nodiscard]] WebResponse guarded(const std::function<WebResponse()>& make);

}  // namespace mailprobed
