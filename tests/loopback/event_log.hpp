// SPDX-License-Identifier: Apache-2.0
// Where events go: into memory for the tests that wait for them, and into a file as JSON lines.
#pragma once

#include "tests/loopback/event.hpp"
#include "tests/loopback/options.hpp"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdio>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace mailprobed::loopback {

/// The log; record() from the server's thread, the rest from any.
class EventLog {
  public:
    /// Throws std::runtime_error if the file cannot be opened.
    explicit EventLog(const LogOptions& options);
    EventLog(const EventLog&) = delete;
    EventLog& operator=(const EventLog&) = delete;
    ~EventLog();

    /// False if an event of that kind need not be built.
    [[nodiscard]] bool wants(EventKind kind) const noexcept {
        if (level_ == LogLevel::all) return true;
        return level_ == LogLevel::mails && kind != EventKind::command && kind != EventKind::reply;
    }
    /// Takes an event down; at_ns 0 becomes now.
    void record(Event event);

    [[nodiscard]] std::vector<Event> events() const;
    [[nodiscard]] std::size_t size() const;
    /// The `count`-th fitting event from `from` on, waiting up to `timeout`.
    [[nodiscard]] std::optional<Event> wait(const std::function<bool(const Event&)>& fits,
                                            std::size_t count, std::chrono::milliseconds timeout,
                                            std::size_t from) const;

  private:
    LogLevel level_;
    bool keep_;
    std::FILE* file_ = nullptr;
    mutable std::mutex mutex_;
    mutable std::condition_variable grown_;
    std::vector<Event> events_;
};

}  // namespace mailprobed::loopback
