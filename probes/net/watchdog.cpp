// SPDX-License-Identifier: Apache-2.0
// The handler of a cancelled timer may already be queued, so it holds the state weakly.
#include "probes/net/watchdog.hpp"

namespace mailprobed {

struct Watchdog::State : std::enable_shared_from_this<State> {
    State(const Executor& executor, std::function<void()> call)
        : timer(executor), on_expiry(std::move(call)) {}

    void arm() {
        armed_for = deadline;
        timer.expires_at(deadline);
        timer.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
            const auto state = weak.lock();
            if (state && !error) state->woke();
        });
    }

    void woke() {
        armed_for = Instant::max();
        if (BootClock::now() < deadline) return arm();
        expired = true;
        on_expiry();
    }

    BootTimer timer;
    std::function<void()> on_expiry;
    Instant deadline = Instant::max();
    Instant armed_for = Instant::max();
    bool expired = false;
};

Watchdog::Watchdog(const Executor& executor, std::function<void()> on_expiry)
    : state_(std::make_shared<State>(executor, std::move(on_expiry))) {}

Watchdog::~Watchdog() {
    // The owner's callback must not run once the owner is gone, whoever else holds the state.
    state_->on_expiry = [] {};
    state_->timer.cancel();
}

void Watchdog::expect_by(Instant deadline) {
    state_->deadline = deadline;
    state_->expired = false;
    if (deadline < state_->armed_for) state_->arm();
}

bool Watchdog::expired() const noexcept {
    return state_->expired;
}

}  // namespace mailprobed
