// SPDX-License-Identifier: Apache-2.0
// Notifications over libsystemd.
#include "daemon/service/notify.hpp"

#include "probes/net/task_group.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <systemd/sd-daemon.h>

namespace mailprobed {
namespace {

constexpr std::chrono::seconds kStep{1};

std::uint64_t monotonic_usec() {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(now).count());
}

}  // namespace

NotifyChannel process_notify_channel() {
    NotifyChannel channel;
    if (std::getenv("NOTIFY_SOCKET") == nullptr) return channel;
    channel.send = [](const std::string& lines) { ::sd_notify(0, lines.c_str()); };
    std::uint64_t usec = 0;
    if (::sd_watchdog_enabled(0, &usec) > 0) channel.watchdog = std::chrono::microseconds{usec};
    return channel;
}

Notify::Notify(const Executor& executor, NotifyChannel channel)
    : channel_(std::move(channel)), timer_(executor) {}

void Notify::send(const std::string& lines) {
    if (channel_.send) channel_.send(lines);
}

Awaitable<void> Notify::run(NotifySources sources) {
    if (!channel_.send) co_return;
    const std::chrono::microseconds patience = channel_.watchdog.value_or(kStep);
    StallDetector scheduler(patience);
    StallDetector journal(patience);
    const Duration step = std::min<Duration>(kStep, patience / 4);
    told_ = sources.status();
    send("READY=1\nSTATUS=" + told_);
    for (Instant next_status = BootClock::now() + kStep;;) {
        if (channel_.watchdog && feed(scheduler, journal, sources)) {
            next_feed_ = StallDetector::Clock::now() + patience / 2 - step;
            send("WATCHDOG=1");
        }
        co_await sleep_until(timer_, BootClock::now() + step);
        if (stopping_ || BootClock::now() < next_status) continue;
        next_status = BootClock::now() + kStep;
        std::string status = sources.status();
        if (status == told_) continue;
        told_ = std::move(status);
        send("STATUS=" + told_);
    }
}

bool Notify::feed(StallDetector& scheduler, StallDetector& journal, const NotifySources& sources) {
    const auto now = StallDetector::Clock::now();
    const bool ticks = scheduler.alive(sources.scheduler(), now);
    const bool writes = journal.alive(sources.journal(), now);
    const bool still = !ticks || !writes;
    if (still && !standstill_) sources.on_standstill(ticks ? "journal" : "scheduler");
    standstill_ = still;
    return !still && now >= next_feed_;
}

void Notify::reloading() {
    // Later versions of systemd tell by the time which reload this belongs to.
    if (stopping_) return;
    send("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(monotonic_usec()));
}

void Notify::reloaded() {
    told_.clear();
    if (!stopping_) send("READY=1");
}

void Notify::stopping() {
    stopping_ = true;
    send("STOPPING=1\nSTATUS=stopping");
}

}  // namespace mailprobed
