// SPDX-License-Identifier: Apache-2.0
// Which thread computes an answer, and how many may wait for theirs.
#include "daemon/api/routes.hpp"

#include "daemon/api/assets.hpp"
#include "daemon/api/shared_metrics.hpp"
#include "daemon/api/target.hpp"
#include "daemon/http/gzip.hpp"
#include "probes/net/boot_clock.hpp"
#include "probes/net/run_on.hpp"

#include <boost/asio/thread_pool.hpp>

#include <chrono>
#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <utility>

namespace mailprobed {

namespace {

constexpr std::string_view kAssets = "/assets/";
constexpr std::string_view kConfigHidden =
    "the configuration holds addresses: it is shown on this machine under localhost, or after a "
    "login";

/// What answers under way share.
struct Pages {
    explicit Pages(WebHandlers from) : handlers(std::move(from)) {}

    WebHandlers handlers;
    /// Only `pool` uses it.
    SharedMetrics metrics;
    /// Questions to the API that wait or are being answered.
    std::size_t questions = 0;
    /// Rendering thousands of series takes longer than a tick may wait. The pools end first: what
    /// runs on them uses the rest.
    asio::thread_pool pool{1};
    /// Of one thread: it also keeps the API's answers apart.
    asio::thread_pool api_pool{1};
};

using PagesPtr = std::shared_ptr<Pages>;

/// Runs `make`; what it throws becomes a 500 that does not tell why.
WebResponse guarded(const std::function<WebResponse()>& make) {
    try {
        return make();
    } catch (const std::exception&) {
        return plain(500, "internal error");
    }
}

/// Runs `make` on `pool`; the answer is compressed there if the client likes that.
Awaitable<WebResponse> made_on(asio::thread_pool& pool, std::function<WebResponse()> make,
                               bool smaller) {
    std::function<WebResponse()> work = [make = std::move(make), smaller] {
        WebResponse response = guarded(make);
        if (smaller) compress(response);
        return response;
    };
    WebResponse response = co_await run_on<WebResponse>(pool, std::move(work));
    co_return response;
}

/// An answer that is there at once.
Awaitable<WebResponse> at_once(WebResponse response) {
    co_return response;
}

Awaitable<WebResponse> answer_metrics(PagesPtr pages, WebCall call) {
    const Instant asked = BootClock::now();
    const bool smaller = accepts_gzip(call.request.accept_encoding);
    std::function<WebResponse()> work = [&pages = *pages, asked, smaller] {
        return guarded([&pages, asked, smaller] {
            return pages.metrics.answer(asked, smaller, pages.handlers.metrics,
                                        [] { return BootClock::now(); });
        });
    };
    WebResponse response = co_await run_on<WebResponse>(pages->pool, std::move(work));
    co_return response;
}

Awaitable<WebResponse> answer_config(PagesPtr pages, WebCall call) {
    if (!is_trusted(call.request)) co_return plain(403, kConfigHidden);
    std::function<WebResponse()> make = [config = pages->handlers.config] {
        return WebResponse{200, "text/plain; charset=utf-8", config()};
    };
    const bool smaller = accepts_gzip(call.request.accept_encoding);
    WebResponse response = co_await made_on(pages->pool, std::move(make), smaller);
    co_return response;
}

Awaitable<WebResponse> answer_reload(PagesPtr pages, WebCall call) {
    if (auto refused = refusal_to_act(call.request, call.names)) co_return std::move(*refused);
    WebResponse done = co_await pages->handlers.reload();
    co_return done;
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

Awaitable<WebResponse> answer_api(PagesPtr pages, WebCall call) {
    const WebHandlers& handlers = pages->handlers;
    const WebRequest& request = call.request;
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
        refused = refusal_to_act(request, call.names);
        if (refused) co_return as_api_error(std::move(*refused));
        co_return handlers.run ? handlers.run(target.probe) : api_error(404, "not found");
    }
    if (request.method != "GET" && request.method != "HEAD") {
        co_return api_error(405, "only GET and HEAD");
    }
    if (pages->questions >= Question::kMost) {
        WebResponse later = api_error(503, "too many questions wait for their answers");
        later.retry_after = std::chrono::seconds{1};
        co_return later;
    }
    const Question counted(pages->questions);
    const ApiClient client{is_trusted(request), may_act(request, call.names)};
    std::function<WebResponse()> make = [api = handlers.api, state = handlers.api_state(),
                                         target = std::move(target),
                                         client] { return api(target, state, client); };
    const bool smaller = accepts_gzip(request.accept_encoding);
    WebResponse response = co_await made_on(pages->api_pool, std::move(make), smaller);
    co_return response;
}

/// The file of daemon/pages/ that a target names: all pages are one file.
Awaitable<WebResponse> answer_file(WebCall call) {
    std::string_view path = origin_form(call.request.target);
    path = path.substr(0, path.find('?'));
    const bool page = !path.starts_with(kAssets);
    const Asset* file = find_asset(page ? "index.html" : path.substr(kAssets.size()));
    if (file == nullptr) co_return plain(404, "not found");
    WebResponse response{200, std::string(file->type), std::string(file->content)};
    if (accepts_gzip(call.request.accept_encoding)) compress(response);
    co_return response;
}

}  // namespace

RouteTable routes_of(WebHandlers handlers) {
    const auto pages = std::make_shared<Pages>(std::move(handlers));
    RouteTable routes;
    for (const std::string_view path :
         {std::string_view("/"), kAssets, std::string_view("/probes/"),
          std::string_view("/mails/")}) {
        routes.add({std::string(path), answer_file});
    }
    if (pages->handlers.metrics) {
        WebRoute metrics{"/metrics",
                         [pages](WebCall call) { return answer_metrics(pages, std::move(call)); }};
        metrics.shares_text = true;
        routes.add(std::move(metrics));
    }
    routes.add({"/-/healthy", [](const WebCall&) { return at_once(plain(200, "healthy")); },
                Audience::everybody});
    routes.add({"/-/ready",
                [pages](const WebCall&) {
                    const bool ready = pages->handlers.ready && pages->handlers.ready();
                    return at_once(ready ? plain(200, "ready") : plain(503, "not ready"));
                },
                Audience::everybody});
    if (pages->handlers.config) {
        routes.add(
            {"/config", [pages](WebCall call) { return answer_config(pages, std::move(call)); }});
    }
    if (pages->handlers.reload) {
        WebRoute reload{"/-/reload",
                        [pages](WebCall call) { return answer_reload(pages, std::move(call)); }};
        reload.all_methods = true;
        routes.add(std::move(reload));
    }
    WebRoute api{std::string(kApiPrefix),
                 [pages](WebCall call) { return answer_api(pages, std::move(call)); }};
    api.all_methods = true;
    api.refused = as_api_error;
    routes.add(std::move(api));
    return routes;
}

}  // namespace mailprobed
