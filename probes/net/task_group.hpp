// SPDX-License-Identifier: Apache-2.0
// Owner of coroutines whose number is not known beforehand: can cancel them, waits for them, learns
// of their exceptions. Nothing in the program is detached.
#pragma once

#include "probes/net/awaitable.hpp"
#include "probes/net/boot_clock.hpp"

#include <boost/asio/cancellation_signal.hpp>

#include <cstddef>
#include <exception>
#include <functional>
#include <list>

namespace mailprobed {

/// A set of running coroutines. Must outlive them: wait() before destruction.
class TaskGroup {
  public:
    /// Receives the exception of a task; cancellation is none.
    using ErrorHandler = std::function<void(std::exception_ptr)>;

    explicit TaskGroup(const Executor& executor, ErrorHandler on_error = {});
    TaskGroup(const TaskGroup&) = delete;
    TaskGroup& operator=(const TaskGroup&) = delete;
    ~TaskGroup() = default;

    /// Starts a task.
    void spawn(Awaitable<void> task);
    /// Asks every task to end; they unwind with operation_aborted.
    void cancel();
    /// Returns when no task is left; itself not cancellable.
    Awaitable<void> wait();
    /// cancel(), then wait(); what is spawned meanwhile does not begin. A coroutine that was itself
    /// cancelled must reset its cancellation state before it awaits this.
    Awaitable<void> cancel_and_wait();
    /// Number of running tasks.
    [[nodiscard]] std::size_t size() const noexcept { return tasks_.size(); }

  private:
    struct Task {
        asio::cancellation_signal cancel;
    };

    void finished(std::list<Task>::iterator task, const std::exception_ptr& error);

    Executor executor_;
    ErrorHandler on_error_;
    std::list<Task> tasks_;
    BootTimer empty_;
    bool ending_ = false;
};

/// Ends quietly if `error` is a cancellation, else rethrows it: "cancellation is not failure".
[[nodiscard]] bool is_cancellation(const std::exception_ptr& error) noexcept;

/// Waits until `when`, or until `timer` is cancelled by somebody else; only a cancellation of the
/// coroutine itself throws.
Awaitable<void> sleep_until(BootTimer& timer, Instant when);

}  // namespace mailprobed
