// SPDX-License-Identifier: Apache-2.0
// A resolver that never answers for one name until it is told to.
#pragma once

#include "probes/net/resolver.hpp"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>

namespace mailprobed::test {

/// Hangs for "hung.invalid"; everything else is looked up. Copies share their state.
class HangingNames {
  public:
    HostLookup operator()(const std::string& host, IpFamily family) {
        if (host != "hung.invalid") return system_lookup(host, family);
        std::unique_lock lock(state_->mutex);
        state_->released.wait(lock, [this] { return state_->done; });
        return {{}, 0};
    }
    /// Lets the threads that hang go.
    void release() {
        const std::lock_guard lock(state_->mutex);
        state_->done = true;
        state_->released.notify_all();
    }

  private:
    struct State {
        std::mutex mutex;
        std::condition_variable released;
        bool done = false;
    };
    std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace mailprobed::test
