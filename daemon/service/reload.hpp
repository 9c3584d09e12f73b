// SPDX-License-Identifier: Apache-2.0
// When the configuration is read again, and what of it a running daemon can take.
#pragma once

#include "config/load.hpp"
#include "probes/domain/settings/settings.hpp"
#include "probes/net/awaitable.hpp"
#include "probes/net/boot_clock.hpp"

#include <boost/asio/thread_pool.hpp>

#include <cstdint>
#include <functional>
#include <string>

namespace mailprobed {

/// How a reload ended.
struct ReloadResult {
    bool taken = false;
    /// What changed, or why nothing did; one line for each reason.
    std::string text;
};

/// Reads the configuration whenever it is asked for, one reading at a time. Requests that come
/// while one runs share the next: a storm of them costs two.
class Reloader {
  public:
    /// Reads the file; called on another thread, must not throw.
    using Load = std::function<LoadedConfig()>;
    /// Takes what was read, or says why not; called on the event loop.
    using Apply = std::function<ReloadResult(LoadedConfig)>;

    /// `begin` is called on the event loop before each reading.
    Reloader(const Executor& executor, std::function<void()> begin, Load load, Apply apply);

    /// Serves requests; returns only by cancellation.
    Awaitable<void> run();
    /// Asks for a reload that begins from now on.
    void request();
    /// Asks for a reload that begins from now on and waits for it.
    Awaitable<ReloadResult> reload();

  private:
    std::function<void()> begin_;
    Load load_;
    Apply apply_;
    std::uint64_t asked_ = 0;
    std::uint64_t served_ = 0;
    ReloadResult last_;
    BootTimer wanted_;
    BootTimer served_now_;
    asio::thread_pool pool_{1};
};

/// Why a running daemon cannot go from `now` to `next`, one line for each reason; empty if it can.
/// Both have their tag keys set.
[[nodiscard]] std::string reasons_for_restart(const Settings& now, const Settings& next);

/// "2 probes added, 1 removed, 0 changed, 5 as before".
[[nodiscard]] std::string difference(const Settings& now, const Settings& next);

}  // namespace mailprobed
