// SPDX-License-Identifier: Apache-2.0
// How the daemon ends when it is told to: in order if that is quick, in any case in time.
#pragma once

#include "probes/base/time.hpp"
#include "probes/net/awaitable.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <initializer_list>
#include <optional>

namespace mailprobed {

/// The times of an orderly end, counted from the signal. It is over in 5 s: an operator waits no
/// longer, and service managers kill what does not come to an end.
struct ShutdownTimes {
    /// Conversations may come to their end; then they are cut.
    Duration conversations = std::chrono::seconds{2};
    /// The journal may write what it still has.
    Duration journal = std::chrono::milliseconds{4250};
    /// Whatever still hangs hangs for good.
    Duration all = std::chrono::milliseconds{4600};
};

/// Keeps the times of one end of the process.
class ShutdownTimer {
  public:
    explicit ShutdownTimer(ShutdownTimes times = {}) noexcept : times_(times) {}

    /// To be called when the event loop hears of `signals`: from now on the first of them starts
    /// the times and the kernel's timer, and a second one ends the process at once, also while the
    /// loop is busy and hears of neither. One ShutdownTimer in a process may do this.
    void watch(std::initializer_list<int> signals);
    /// The loop has heard of the signal: from now on at the latest the process is ended by the
    /// kernel's timer if all else fails.
    void begin();
    /// Returns when `sessions` is 0, or when conversations have had their time.
    Awaitable<void> drain(std::function<std::size_t()> sessions) const;
    /// What is left of the journal's time; all of it if no signal came.
    [[nodiscard]] Duration journal_time() const;

  private:
    [[nodiscard]] Duration since() const;

    ShutdownTimes times_;
    std::optional<std::chrono::steady_clock::time_point> began_;
    bool watched_ = false;
};

}  // namespace mailprobed
