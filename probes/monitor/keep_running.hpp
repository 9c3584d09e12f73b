// SPDX-License-Identifier: Apache-2.0
// A loop that outlives its own mistakes: one probe's bug must not end the others.
#pragma once

#include "probes/net/awaitable.hpp"
#include "probes/net/boot_clock.hpp"
#include "probes/net/task_group.hpp"

#include <chrono>
#include <exception>
#include <functional>

namespace mailprobed {

/// Learns of what should not have been thrown.
using BugHandler = std::function<void(const std::exception_ptr&)>;

/// Runs `loop` until it returns or is cancelled; what throws in it is a bug, and after a second it
/// goes on.
template <class Loop>
Awaitable<void> keep_running(Executor executor, BugHandler on_bug, Loop loop) {
    BootTimer pause(executor);
    for (;;) {
        std::exception_ptr error;
        try {
            co_await loop();
        } catch (...) {
            error = std::current_exception();
        }
        if (!error) co_return;
        if (is_cancellation(error)) std::rethrow_exception(error);
        on_bug(error);
        co_await sleep_until(pause, BootClock::now() + std::chrono::seconds{1});
    }
}

}  // namespace mailprobed
