// SPDX-License-Identifier: Apache-2.0
// The clock of the end. The last resort is a timer of the kernel that the signal itself starts,
// because the event loop and every thread may hang: in a disk that never answers, say.
#include "daemon/service/shutdown.hpp"

#include "daemon/service/exit_status.hpp"
#include "probes/net/boot_clock.hpp"
#include "probes/net/task_group.hpp"

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <ctime>
#include <poll.h>
#include <string_view>
#include <system_error>
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

/// What the handler of a signal needs; it can be given nothing.
struct Watched {
    timer_t timer{};
    itimerspec limit{};
    std::atomic<int> signals{0};
    std::atomic<std::int64_t> first_at{0};
    std::array<struct sigaction, NSIG> before{};
};

Watched watched;

/// Only what signal-safety(7) allows.
extern "C" void note_signal(int signal) {
    const int error = errno;
    if (watched.signals.fetch_add(1) != 0) {
        std::signal(signal, SIG_DFL);
        std::raise(signal);
        return;
    }
    ::timer_settime(watched.timer, 0, &watched.limit, nullptr);
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    watched.first_at = std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
    // The event loop's own.
    const auto before = watched.before.at(static_cast<std::size_t>(signal)).sa_handler;
    if (before != SIG_DFL && before != SIG_IGN) before(signal);
    errno = error;
}

/// Makes the timer that ends the process after `time`.
void make_timer(Duration time) {
    std::signal(SIGALRM, end_now);
    sigevent event{};
    event.sigev_notify = SIGEV_SIGNAL;
    event.sigev_signo = SIGALRM;
    if (::timer_create(CLOCK_MONOTONIC, &event, &watched.timer) != 0)
        throw std::system_error(errno, std::generic_category(), "timer_create");
    const auto all = std::chrono::nanoseconds(time).count();
    watched.limit.it_value = {all / 1'000'000'000, all % 1'000'000'000};
}

}  // namespace

void ShutdownTimer::watch(std::initializer_list<int> signals) {
    make_timer(times_.all);
    watched_ = true;
    for (const int signal : signals) {
        struct sigaction action{};
        ::sigaction(signal, nullptr, &watched.before.at(static_cast<std::size_t>(signal)));
        action.sa_handler = note_signal;
        ::sigfillset(&action.sa_mask);
        ::sigaction(signal, &action, nullptr);
    }
}

void ShutdownTimer::begin() {
    using Clock = std::chrono::steady_clock;
    if (watched_ && watched.signals != 0) {
        began_ = Clock::time_point(std::chrono::nanoseconds(watched.first_at));
        return;
    }
    began_ = Clock::now();
    if (!watched_) make_timer(times_.all);
    ::timer_settime(watched.timer, 0, &watched.limit, nullptr);
}

Awaitable<void> ShutdownTimer::drain(std::function<std::size_t()> sessions) const {
    BootTimer timer(co_await asio::this_coro::executor);
    while (sessions() > 0 && since() < times_.conversations)
        co_await sleep_until(timer, BootClock::now() + kGlance);
}

Duration ShutdownTimer::journal_time() const {
    return std::max<Duration>(times_.journal - since(), Duration::zero());
}

Duration ShutdownTimer::since() const {
    return began_ ? std::chrono::steady_clock::now() - *began_ : Duration::zero();
}

}  // namespace mailprobed
