// SPDX-License-Identifier: Apache-2.0
// Tells the service manager (systemd) that the daemon serves, how it is, and that it is alive.
#pragma once

#include "daemon/service/stall_detector.hpp"
#include "probes/net/boot_clock.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mailprobed {

/// What the notifications are made of; asked on the event loop.
struct NotifySources {
    /// One line for people, as of status_line().
    std::function<std::string()> status;
    /// The probers' ticks.
    std::function<ActivityCounter()> scheduler;
    /// The journal's writer thread.
    std::function<ActivityCounter()> journal;
    /// Told which part stands still when that begins.
    std::function<void(std::string_view part)> on_standstill;
};

/// Where notifications go, and how often the manager wants to hear that the daemon is alive.
struct NotifyChannel {
    /// Takes lines as of sd_notify(3); empty: nobody listens and nothing is done.
    std::function<void(const std::string& lines)> send;
    /// Nothing: no watchdog.
    std::optional<std::chrono::microseconds> watchdog;
};

/// The channel of this process: $NOTIFY_SOCKET, $WATCHDOG_USEC and $WATCHDOG_PID.
[[nodiscard]] NotifyChannel process_notify_channel();

/// Speaks to the service manager; all of it does nothing where there is none.
class Notify {
  public:
    explicit Notify(const Executor& executor, NotifyChannel channel = process_notify_channel());

    /// Says READY=1, then the status whenever it changes, once a second at most, and WATCHDOG=1
    /// twice per watchdog time while all parts get on; returns by cancellation. To be started once
    /// the daemon serves.
    Awaitable<void> run(NotifySources sources);
    /// The configuration is about to be read again.
    void reloading();
    /// The daemon works with the new configuration, or goes on with the old one.
    void reloaded();
    /// The daemon is about to end: no status follows.
    void stopping();

  private:
    [[nodiscard]] bool feed(StallDetector& scheduler, StallDetector& journal,
                            const NotifySources& sources);
    void send(const std::string& lines);

    NotifyChannel channel_;
    BootTimer timer_;
    std::string told_;
    StallDetector::Clock::time_point next_feed_;
    bool standstill_ = false;
    bool stopping_ = false;
};

}  // namespace mailprobed
