// SPDX-License-Identifier: Apache-2.0
// Work that would hold up the event loop, done on a small pool and awaited by the loop.
#pragma once

#include "probes/net/awaitable.hpp"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <functional>
#include <utility>

namespace mailprobed {

/// Runs `make`, which must not throw, on the pool and comes back to the event loop with its result;
/// a cancellation waits for it.
template <class Result>
Awaitable<Result> run_on(asio::thread_pool& pool, std::function<Result()> make) {
    auto initiate = [&pool](auto handler, std::function<Result()> work) {
        // Tracked, so that the event loop does not end while the pool still works for it.
        auto loop = asio::prefer(asio::get_associated_executor(handler),
                                 asio::execution::outstanding_work.tracked);
        asio::post(pool, [handler = std::move(handler), work = std::move(work),
                          loop = std::move(loop)]() mutable {
            Result result = work();
            // What the work holds may be a password: it goes before anybody learns the result.
            work = nullptr;
            asio::post(loop, [handler = std::move(handler), result = std::move(result)]() mutable {
                std::move(handler)(std::move(result));
            });
        });
    };
    const asio::use_awaitable_t<Executor> token;
    Result result =
        co_await asio::async_initiate<const asio::use_awaitable_t<Executor>&, void(Result)>(
            std::move(initiate), token, std::move(make));
    co_return result;
}

}  // namespace mailprobed
