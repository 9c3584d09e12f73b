// SPDX-License-Identifier: Apache-2.0
// The event log's storage, waiting and file.
#include "tests/loopback/event_log.hpp"

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>

namespace mailprobed::loopback {

EventLog::EventLog(const LogOptions& options) : level_(options.level), keep_(options.keep) {
    if (options.file == "-") {
        file_ = stdout;
    } else if (!options.file.empty()) {
        file_ = std::fopen(options.file.c_str(), "we");
        if (file_ == nullptr) {
            throw std::runtime_error(options.file + ": " + std::strerror(errno));
        }
    }
}

EventLog::~EventLog() {
    if (file_ != nullptr && file_ != stdout) std::fclose(file_);
}

void EventLog::record(Event event) {
    if (event.at_ns == 0) event.at_ns = boot_now();
    if (file_ != nullptr) {
        const auto line = to_json(event) + '\n';
        std::fwrite(line.data(), 1, line.size(), file_);
        // What a reader of the file waits for is on disk at once, the chatter between is not.
        if (event.kind != EventKind::command && event.kind != EventKind::reply) std::fflush(file_);
    }
    if (!keep_) return;
    {
        const std::lock_guard lock(mutex_);
        events_.push_back(std::move(event));
    }
    grown_.notify_all();
}

std::vector<Event> EventLog::events() const {
    const std::lock_guard lock(mutex_);
    return events_;
}

std::size_t EventLog::size() const {
    const std::lock_guard lock(mutex_);
    return events_.size();
}

std::optional<Event> EventLog::wait(const std::function<bool(const Event&)>& fits,
                                    std::size_t count, std::chrono::milliseconds timeout,
                                    std::size_t from) const {
    const auto give_up = std::chrono::steady_clock::now() + timeout;
    std::unique_lock lock(mutex_);
    std::size_t next = from;
    std::size_t seen = 0;
    for (;;) {
        for (; next < events_.size(); ++next) {
            if (fits(events_[next]) && ++seen >= count) return events_[next];
        }
        const auto grown = [&] { return events_.size() > next; };
        if (!grown_.wait_until(lock, give_up, grown)) return std::nullopt;
    }
}

}  // namespace mailprobed::loopback
