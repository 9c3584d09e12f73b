// SPDX-License-Identifier: Apache-2.0
// Work that would hold the event loop up, done on a small pool; only the web server includes this.
#pragma once

#include "daemon/web_pages.hpp"
#include "probes/net/awaitable.hpp"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <functional>
#include <utility>

namespace mailprobed {

/// Runs `make` on the pool and comes back to the event loop with its answer; a cancellation waits
/// for it.
inline Awaitable<WebResponse> on_pool(asio::thread_pool& pool, std::function<WebResponse()> make) {
    auto initiate = [&pool](auto handler, std::function<WebResponse()> work) {
        // Tracked, so that the event loop does not end while the pool still works for it.
        auto loop = asio::prefer(asio::get_associated_executor(handler),
                                 asio::execution::outstanding_work.tracked);
        asio::post(pool, [handler = std::move(handler), work = std::move(work),
                          loop = std::move(loop)]() mutable {
            WebResponse response = guarded(work);
            asio::post(loop,
                       [handler = std::move(handler), response = std::move(response)]() mutable {
                           std::move(handler)(std::move(response));
                       });
        });
    };
    const asio::use_awaitable_t<Executor> token;
    WebResponse response =
        co_await asio::async_initiate<const asio::use_awaitable_t<Executor>&, void(WebResponse)>(
            std::move(initiate), token, std::move(make));
    co_return response;
}

}  // namespace mailprobed
