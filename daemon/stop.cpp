// SPDX-License-Identifier: Apache-2.0
// The clock of the end. The last resort is a timer of the kernel, because the event loop and every
// thread may hang: in a disk that never answers, say.
#include "daemon/stop.hpp"

#include "daemon/options.hpp"
#include "probes/net/boot_clock.hpp"
#include "probes/net/task_group.hpp"

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <csignal>
#include <poll.h>
#include <string_view>
#include <sys/time.h>
#include <unistd.h>

namespace mailprobed {
namespace {

constexpr std::chrono::milliseconds kGlance{20};

/// Only what signal-safety(7) allows.
extern "C" void end_now(int /*signal*/) {
    constexpr std::string_view kText =
        "mailprobed: something did not come to its end within the time to stop; leaving\n";
    // A reader that hangs may be what everything waits for.
    pollfd errors{STDERR_FILENO, POLLOUT, 0};
    if (::poll(&errors, 1, 0) == 1) {
        [[maybe_unused]] const auto told = ::write(STDERR_FILENO, kText.data(), kText.size());
    }
    ::_exit(static_cast<int>(ExitStatus::internal));
}

}  // namespace

void Stop::begin() {
    began_ = std::chrono::steady_clock::now();
    std::signal(SIGALRM, end_now);
    const auto all = std::chrono::ceil<std::chrono::microseconds>(times_.all).count();
    itimerval limit{};
    limit.it_value.tv_sec = all / 1'000'000;
    limit.it_value.tv_usec = all % 1'000'000;
    ::setitimer(ITIMER_REAL, &limit, nullptr);
}

Awaitable<void> Stop::drain(std::function<std::size_t()> sessions) const {
    BootTimer timer(co_await asio::this_coro::executor);
    while (sessions() > 0 && since() < times_.conversations)
        co_await sleep_until(timer, BootClock::now() + kGlance);
}

Duration Stop::journal_time() const {
    return std::max<Duration>(times_.journal - since(), Duration::zero());
}

Duration Stop::since() const {
    return began_ ? std::chrono::steady_clock::now() - *began_ : Duration::zero();
}

}  // namespace mailprobed
