// SPDX-License-Identifier: Apache-2.0
// What the web server answers, apart from how: targets, status codes, pages.
#pragma once

#include "config/problem.hpp"
#include "daemon/probe_table.hpp"
#include "probes/net/awaitable.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace mailprobed {

/// One answer.
struct WebResponse {
    unsigned status = 200;
    std::string content_type;
    std::string body;
    /// True if the body is compressed with gzip (RFC 1952).
    bool gzip = false;
    /// The methods that the page knows; a 405 tells them.
    std::string_view allow = "GET, HEAD";
};

/// Where the pages' contents come from; an empty function means the page does not exist.
struct WebHandlers {
    /// The text of /metrics. Called on another thread than the event loop.
    std::function<std::string()> metrics;
    /// True once the daemon probes; called on the event loop.
    std::function<bool()> ready;
    /// The configuration as YAML, secrets masked. Called on another thread than the event loop.
    std::function<std::string()> config;
    /// The probes for the landing page; called on the event loop.
    std::function<std::vector<ProbeRow>()> probes;
    /// Reads the configuration again and says what came of it; called on the event loop.
    std::function<Awaitable<WebResponse>()> reload;
    /// Learns of a new file of --web.config.file: taken (no problems) or refused, the old one
    /// staying in force. Called on the event loop.
    std::function<void(const std::vector<ConfigProblem>&)> web_config_changed;
};

/// The pages there are.
enum class Page : std::uint8_t { none, landing, style, metrics, healthy, ready, config, reload };

/// The page a request target names (origin form or absolute form, RFC 9112 3.2; query ignored).
[[nodiscard]] Page page_of(std::string_view target);

/// A one-line answer in plain text.
[[nodiscard]] WebResponse plain(unsigned status, std::string_view text);
/// The landing page.
[[nodiscard]] WebResponse landing_page(const std::vector<ProbeRow>& rows);
/// Its style sheet, a resource of its own so that the CSP can forbid inline styles.
[[nodiscard]] WebResponse style_sheet();

/// Runs `make`; what it throws becomes a 500 that does not tell why.
[[nodiscard]] WebResponse guarded(const std::function<WebResponse()>& make);

}  // namespace mailprobed
