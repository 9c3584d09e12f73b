// SPDX-License-Identifier: Apache-2.0
// Structured concurrency over co_spawn.
#include "probes/net/task_group.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

namespace mailprobed {

namespace {

constexpr std::chrono::milliseconds kCancelAgain{50};

}  // namespace

TaskGroup::TaskGroup(const Executor& executor, ErrorHandler on_error)
    : executor_(executor), on_error_(std::move(on_error)), empty_(executor) {}

void TaskGroup::spawn(Awaitable<void> task) {
    // A task may spawn another one between its cancellation and its end: nobody would cancel that.
    if (ending_) return;
    const auto entry = tasks_.emplace(tasks_.end());
    asio::co_spawn(executor_, std::move(task),
                   asio::bind_cancellation_slot(
                       entry->cancel.slot(),
                       [this, entry](const std::exception_ptr& error) { finished(entry, error); }));
}

void TaskGroup::finished(std::list<Task>::iterator task, const std::exception_ptr& error) {
    tasks_.erase(task);
    if (error && !is_cancellation(error) && on_error_) on_error_(error);
    if (tasks_.empty()) empty_.cancel();
}

void TaskGroup::cancel() {
    for (auto task = tasks_.begin(); task != tasks_.end();) {
        const auto current = task++;
        current->cancel.emit(asio::cancellation_type::terminal);
    }
}

Awaitable<void> TaskGroup::wait() {
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    while (!tasks_.empty()) {
        empty_.expires_at(Instant::max());
        co_await empty_.async_wait(asio::as_tuple(asio::use_awaitable_t<Executor>{}));
    }
}

Awaitable<void> TaskGroup::cancel_and_wait() {
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    ending_ = true;
    // Again and again: a composed operation that is between two steps misses a cancellation.
    for (cancel(); !tasks_.empty(); cancel()) {
        empty_.expires_at(BootClock::now() + kCancelAgain);
        co_await empty_.async_wait(asio::as_tuple(asio::use_awaitable_t<Executor>{}));
    }
    ending_ = false;
}

bool is_cancellation(const std::exception_ptr& error) noexcept {
    try {
        std::rethrow_exception(error);
    } catch (const boost::system::system_error& e) {
        return e.code() == asio::error::operation_aborted;
    } catch (...) {
        return false;
    }
}

Awaitable<void> sleep_until(BootTimer& timer, Instant when) {
    timer.expires_at(when);
    co_await timer.async_wait(asio::as_tuple(asio::use_awaitable_t<Executor>{}));
    const asio::cancellation_state state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) {
        throw boost::system::system_error(asio::error::operation_aborted);
    }
}

}  // namespace mailprobed
