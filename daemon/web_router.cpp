// SPDX-License-Identifier: Apache-2.0
// From a request to its answer: who asks, what for, may he.
#include "daemon/web_core.hpp"
#include "daemon/web_gzip.hpp"
#include "daemon/web_offload.hpp"
#include "probes/net/boot_clock.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <utility>

namespace mailprobed {

namespace {

constexpr std::string_view kConfigHidden =
    "the configuration holds addresses: it is shown on this machine under localhost, or after a "
    "login";

/// What has to be computed for `page`; nothing if the page does not exist.
std::function<WebResponse()> work_for(Page page, const WebHandlers& handlers) {
    if (page == Page::config && handlers.config) {
        return [make = handlers.config] {
            return WebResponse{200, "text/plain; charset=utf-8", make()};
        };
    }
    return nullptr;
}

/// Runs `make` on `pool`; the answer is compressed there if the client likes that.
Awaitable<WebResponse> made_on(asio::thread_pool& pool, std::function<WebResponse()> make,
                               bool smaller) {
    std::function<WebResponse()> work = [make = std::move(make), smaller] {
        WebResponse response = guarded(make);
        if (smaller) compress(response);
        return response;
    };
    WebResponse response = co_await on_pool<WebResponse>(pool, std::move(work));
    co_return response;
}

Awaitable<WebResponse> answer_metrics(WebCore& core, bool smaller) {
    const Instant asked = BootClock::now();
    core.held.make_room(asked);
    std::function<WebResponse()> work = [&core, asked, smaller] {
        return guarded([&core, asked, smaller] {
            return core.metrics.answer(asked, smaller, core.handlers.metrics,
                                       [] { return BootClock::now(); });
        });
    };
    WebResponse response = co_await on_pool<WebResponse>(core.pool, std::move(work));
    co_return response;
}

/// Counts a question to the API while it waits for its answer.
class Question {
  public:
    /// So many may wait: each may take seconds, and clients do not wait for ever.
    static constexpr std::size_t kMost = 16;

    explicit Question(std::size_t& all) : all_(all) { ++all_; }
    Question(const Question&) = delete;
    Question& operator=(const Question&) = delete;
    ~Question() { --all_; }

  private:
    std::size_t& all_;
};

/// A refusal in the form of the API.
WebResponse as_api_error(WebResponse refusal) {
    while (refusal.body.ends_with('\n'))
        refusal.body.pop_back();
    WebResponse error = api_error(refusal.status, refusal.body);
    error.allow = refusal.allow;
    return error;
}

Awaitable<WebResponse> answer_api(WebCore& core, WebRequest request) {
    const WebHandlers& handlers = core.handlers;
    std::optional<WebResponse> refused;
    ApiTarget target;
    try {
        target = read_api_target(origin_form(request.target));
    } catch (const ApiError& error) {
        refused = api_error(error.status(), error.what());
    }
    if (!refused && (!handlers.api || !handlers.api_state)) refused = api_error(404, "not found");
    if (refused) co_return std::move(*refused);
    if (target.resource == ApiResource::run) {
        refused = refusal_to_act(request, core.names);
        if (refused) co_return as_api_error(std::move(*refused));
        co_return handlers.run ? handlers.run(target.probe) : api_error(404, "not found");
    }
    if (request.method != "GET" && request.method != "HEAD") {
        co_return api_error(405, "only GET and HEAD");
    }
    if (core.questions >= Question::kMost) {
        WebResponse later = api_error(503, "too many questions wait for their answers");
        later.retry_after = std::chrono::seconds{1};
        co_return later;
    }
    const Question counted(core.questions);
    const ApiClient client{is_trusted(request), may_act(request, core.names)};
    std::function<WebResponse()> make = [api = handlers.api, state = handlers.api_state(),
                                         target = std::move(target),
                                         client] { return api(target, state, client); };
    const bool smaller = accepts_gzip(request.accept_encoding);
    WebResponse response = co_await made_on(core.api_pool, std::move(make), smaller);
    co_return response;
}

}  // namespace

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
    const Page page = page_of(request.target);
    // Those two tell nothing that anybody may not know.
    if (page != Page::healthy && page != Page::ready) {
        if (auto refused = refusal_to_read(request, core.names)) {
            co_return page == Page::api ? as_api_error(std::move(*refused)) : std::move(*refused);
        }
    }
    if (page == Page::reload && core.handlers.reload) {
        if (auto refused = refusal_to_act(request, core.names)) co_return std::move(*refused);
        WebResponse done = co_await core.handlers.reload();
        co_return done;
    }
    if (page == Page::none || page == Page::reload) co_return plain(404, "not found");
    if (page == Page::api) {
        WebResponse response = co_await answer_api(core, std::move(request));
        co_return response;
    }
    if (request.method != "GET" && request.method != "HEAD") {
        co_return plain(405, "only GET and HEAD");
    }
    const bool smaller = accepts_gzip(request.accept_encoding);
    if (page == Page::landing || page == Page::asset) {
        WebResponse file = page_file(origin_form(request.target));
        if (smaller) compress(file);
        co_return file;
    }
    if (page == Page::healthy) co_return plain(200, "healthy");
    if (page == Page::ready) {
        const bool ready = core.handlers.ready && core.handlers.ready();
        co_return ready ? plain(200, "ready") : plain(503, "not ready");
    }
    if (page == Page::config && !is_trusted(request)) co_return plain(403, kConfigHidden);
    if (page == Page::metrics && core.handlers.metrics) {
        WebResponse metrics = co_await answer_metrics(core, smaller);
        co_return metrics;
    }
    auto make = work_for(page, core.handlers);
    if (!make) co_return plain(404, "not found");
    WebResponse response = co_await made_on(core.pool, std::move(make), smaller);
    co_return response;
}

}  // namespace mailprobed
