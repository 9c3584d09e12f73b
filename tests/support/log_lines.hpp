// SPDX-License-Identifier: Apache-2.0
// A log that keeps its lines, for tests.
#pragma once

#include "daemon/log/log.hpp"

#include <spdlog/sinks/base_sink.h>

#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace mailprobed::daemon_test {

/// Keeps what would be written, with the line end.
class LineSink final : public spdlog::sinks::base_sink<std::mutex> {
  public:
    std::vector<std::string> lines;

  protected:
    void sink_it_(const spdlog::details::log_msg& message) override {
        spdlog::memory_buf_t text;
        formatter_->format(message, text);
        lines.emplace_back(text.data(), text.size());
    }
    void flush_() override {}
};

/// A log and its lines; journal form unless asked otherwise, so that lines hold no timestamps.
struct KeptLog {
    explicit KeptLog(LogLevel level, LogFormat format = LogFormat::logfmt, bool journal = true)
        : log(LogSettings{level, format}, sink, journal) {}

    /// The lines since the last call.
    std::vector<std::string> take() { return std::exchange(sink->lines, {}); }
    /// The only line since the last call without its end, or a description of what is wrong.
    std::string one() {
        const std::vector<std::string> lines = take();
        if (lines.size() != 1) return std::to_string(lines.size()) + " lines";
        if (!lines[0].ends_with('\n')) return "no line end";
        return lines[0].substr(0, lines[0].size() - 1);
    }

    std::shared_ptr<LineSink> sink = std::make_shared<LineSink>();
    Log log;
};

}  // namespace mailprobed::daemon_test
