// SPDX-License-Identifier: Apache-2.0
// Structured concurrency: everything ends when it is told to, and errors have an owner.
#include "probes/net/task_group.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/this_coro.hpp>
#include <gtest/gtest.h>

#include <stdexcept>

namespace mailprobed {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Awaitable<void> sleep_for_ever(Executor executor, int& ended) {
    BootTimer timer(executor);
    struct Count {
        int& n;
        ~Count() { ++n; }
    } const count{ended};
    for (;;)
        co_await sleep_until(timer, Instant::max());
}

Awaitable<void> fail_at_once() {
    throw std::runtime_error("broken");
    co_return;
}

Awaitable<void> cancel_all(TaskGroup& group, bool& returned) {
    co_await group.cancel_and_wait();
    returned = true;
}

Awaitable<void> cancel_own_group(TaskGroup& group, Executor executor, int& ended) {
    struct Count {
        int& n;
        ~Count() { ++n; }
    } const count{ended};
    BootTimer timer(executor);
    co_await sleep_until(timer, BootClock::now() + milliseconds{1});
    group.cancel();
}

Awaitable<void> run_inner_group(TaskGroup& inner, Executor executor, int& ended) {
    inner.spawn(sleep_for_ever(executor, ended));
    inner.spawn(sleep_for_ever(executor, ended));
    std::exception_ptr end;
    try {
        co_await sleep_for_ever(executor, ended);
    } catch (...) {
        end = std::current_exception();
    }
    // After a cancellation every co_await throws until the state is reset.
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    co_await inner.cancel_and_wait();
    std::rethrow_exception(end);
}

TEST(TaskGroup, CancelAndWaitEndsEveryTask) {
    asio::io_context io(1);
    TaskGroup group(io.get_executor());
    int ended = 0;
    for (int i = 0; i < 5; ++i)
        group.spawn(sleep_for_ever(io.get_executor(), ended));
    bool returned = false;
    asio::co_spawn(io.get_executor(), cancel_all(group, returned), asio::detached);
    io.run_for(seconds{10});
    EXPECT_TRUE(returned);
    EXPECT_EQ(ended, 5);
    EXPECT_EQ(group.size(), 0U);
}

/// As a loop that accepts connections: one came just before it was cancelled.
Awaitable<void> spawn_at_the_end(TaskGroup& group, Executor executor, int& ended) {
    BootTimer timer(executor);
    std::exception_ptr end;
    try {
        co_await sleep_until(timer, Instant::max());
    } catch (...) {
        end = std::current_exception();
    }
    group.spawn(sleep_for_ever(executor, ended));
    std::rethrow_exception(end);
}

TEST(TaskGroup, WhatATaskSpawnsAfterItsCancellationDoesNotKeepTheGroupFromEnding) {
    asio::io_context io(1);
    TaskGroup group(io.get_executor());
    int ended = 0;
    group.spawn(spawn_at_the_end(group, io.get_executor(), ended));
    bool returned = false;
    asio::co_spawn(io.get_executor(), cancel_all(group, returned), asio::detached);
    io.run_for(seconds{2});
    EXPECT_TRUE(returned);
    EXPECT_EQ(ended, 0);
    EXPECT_EQ(group.size(), 0U);
}

TEST(TaskGroup, ATaskMayCancelItsOwnGroupAndNestedGroupsEndFirst) {
    asio::io_context io(1);
    TaskGroup outer(io.get_executor());
    TaskGroup inner(io.get_executor());
    int ended = 0;
    outer.spawn(run_inner_group(inner, io.get_executor(), ended));
    outer.spawn(cancel_own_group(outer, io.get_executor(), ended));
    io.run_for(seconds{10});
    EXPECT_EQ(outer.size(), 0U);
    EXPECT_EQ(inner.size(), 0U);
    EXPECT_EQ(ended, 4);
}

TEST(TaskGroup, TheOwnerLearnsOfAnExceptionAndNotOfCancellation) {
    asio::io_context io(1);
    std::string message;
    int errors = 0;
    TaskGroup group(io.get_executor(), [&](const std::exception_ptr& error) {
        ++errors;
        try {
            std::rethrow_exception(error);
        } catch (const std::exception& e) {
            message = e.what();
        }
    });
    int ended = 0;
    group.spawn(fail_at_once());
    group.spawn(sleep_for_ever(io.get_executor(), ended));
    bool returned = false;
    asio::co_spawn(io.get_executor(), cancel_all(group, returned), asio::detached);
    io.run_for(seconds{10});
    EXPECT_EQ(errors, 1);
    EXPECT_EQ(message, "broken");
}

TEST(SleepUntil, ReturnsEarlyWhenTheTimerIsCancelledByAnother) {
    asio::io_context io(1);
    BootTimer timer(io.get_executor());
    TaskGroup group(io.get_executor());
    bool woke = false;
    group.spawn([](BootTimer& t, bool& flag) -> Awaitable<void> {
        co_await sleep_until(t, Instant::max());
        flag = true;
    }(timer, woke));
    io.run_for(milliseconds{5});
    EXPECT_FALSE(woke);
    timer.cancel();
    io.run_for(seconds{10});
    EXPECT_TRUE(woke);
}

}  // namespace
}  // namespace mailprobed
