// SPDX-License-Identifier: Apache-2.0
// What the web server serves: a table that others fill, so that it knows no page itself.
#pragma once

#include "daemon/http/policy.hpp"
#include "daemon/http/response.hpp"
#include "probes/net/awaitable.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace mailprobed {

/// One request to a route.
struct WebCall {
    WebRequest request;
    /// Hosts under which requests may act (refusal_to_act()); they live as long as the server.
    const std::vector<std::string>& names;
};

/// Who may ask for a route.
enum class Audience : std::uint8_t {
    /// Whoever passes refusal_to_read().
    readers,
    /// Everybody: it tells nothing that not everybody may know.
    everybody,
};

/// Targets, and what answers them.
struct WebRoute {
    /// The path of a target; all targets that begin with it if it ends in '/', "/" apart.
    std::string path;
    /// Answers a request. Called on the event loop.
    std::function<Awaitable<WebResponse>(WebCall)> answer;
    Audience audience = Audience::readers;
    /// True if other methods than GET and HEAD are the business of `answer`, and a POST may have a
    /// body.
    bool all_methods = false;
    /// True if `answer` gives texts that several clients share: room is made for them before.
    bool shares_text = false;
    /// Gives refusals the form that clients of the route expect; empty: plain text.
    std::function<WebResponse(WebResponse)> refused = nullptr;
};

/// All routes of a server.
class RouteTable {
  public:
    /// A route added earlier wins.
    void add(WebRoute route) { routes_.push_back(std::move(route)); }

    /// The route of a request target (origin form or absolute form, RFC 9112 3.2; query ignored),
    /// or nullptr.
    [[nodiscard]] const WebRoute* find(std::string_view target) const;

  private:
    std::vector<WebRoute> routes_;
};

/// The part of a target behind scheme and authority, if it has those.
[[nodiscard]] std::string_view origin_form(std::string_view target);

}  // namespace mailprobed
