// SPDX-License-Identifier: Apache-2.0
// The log over spdlog: spdlog owns levels and sinks, the line is built here.
#include "daemon/log/log.hpp"

#include "daemon/log/journald.hpp"
#include "daemon/log/log_format.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <iterator>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace mailprobed {

namespace {

spdlog::level::level_enum spdlog_level(LogLevel level) noexcept {
    switch (level) {
        case LogLevel::trace:
            return spdlog::level::trace;
        case LogLevel::debug:
            return spdlog::level::debug;
        case LogLevel::info:
            return spdlog::level::info;
        case LogLevel::warning:
            return spdlog::level::warn;
        case LogLevel::error:
            return spdlog::level::err;
    }
    return spdlog::level::err;
}

std::string timestamp() {
    const auto now =
        std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
    const auto seconds = std::chrono::floor<std::chrono::seconds>(now);
    return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z",
                       fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)),
                       (now - seconds).count());
}

}  // namespace

Field::Field(std::string_view key, Duration value) noexcept
    : key_(key),
      value_(static_cast<double>(std::chrono::round<std::chrono::microseconds>(value).count()) /
             1e6) {}

std::string_view to_string(LogLevel level) noexcept {
    switch (level) {
        case LogLevel::trace:
            return "trace";
        case LogLevel::debug:
            return "debug";
        case LogLevel::info:
            return "info";
        case LogLevel::warning:
            return "warning";
        case LogLevel::error:
            return "error";
    }
    return "?";
}

bool writes_to_journal(const char* journal_stream, int descriptor) noexcept {
    if (journal_stream == nullptr) return false;
    const std::string_view text = journal_stream;
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    const auto* const end = text.end();
    const auto first = std::from_chars(text.begin(), end, device);
    if (first.ec != std::errc() || first.ptr == end || *first.ptr != ':') return false;
    const auto second = std::from_chars(first.ptr + 1, end, inode);
    if (second.ec != std::errc() || second.ptr != end) return false;
    struct stat facts{};
    if (::fstat(descriptor, &facts) != 0) return false;
    return facts.st_dev == device && facts.st_ino == inode;
}

Log::Log(const LogSettings& settings)
    : Log(settings, std::make_shared<spdlog::sinks::stderr_sink_mt>(),
          writes_to_journal(std::getenv("JOURNAL_STREAM"), STDERR_FILENO)) {
    const bool natural = settings.format == LogFormat::automatic && journal_;
    if (natural || settings.format == LogFormat::journal) send_ = send_to_journald;
}

Log::Log(const LogSettings& settings, JournaldSend send)
    : Log(settings, std::make_shared<spdlog::sinks::stderr_sink_mt>(), true) {
    send_ = std::move(send);
}

Log::Log(const LogSettings& settings, std::shared_ptr<spdlog::sinks::sink> sink, bool journal)
    : settings_(settings),
      level_(settings.level),
      journal_(journal),
      logger_(std::make_unique<spdlog::logger>("mailprobed", std::move(sink))) {
    logger_->set_pattern("%v");
    // Levels are decided here, for they may change.
    logger_->set_level(spdlog::level::trace);
}

Log::~Log() = default;

void Log::set_level(LogLevel level) noexcept {
    level_.store(level, std::memory_order_relaxed);
}

void Log::write(LogLevel level, std::string_view event, std::span<const Field> fields) {
    if (!enabled(level)) return;
    if (send_ && send_(journald_entry(level, event, fields)) >= 0) return;
    write_line(level, event, fields);
}

void Log::write_line(LogLevel level, std::string_view event, std::span<const Field> fields) {
    std::string line;
    line.reserve(256);
    std::vector<Field> all;
    all.reserve(fields.size() + 3);
    std::string now;
    if (journal_) {
        // By this prefix journald learns a line's priority (sd-daemon(3)).
        line += '<';
        line += journald_priority(level);
        line += '>';
    } else {
        now = timestamp();
        all.emplace_back("ts", std::string_view(now));
    }
    all.emplace_back("level", to_string(level));
    all.emplace_back("event", event);
    all.insert(all.end(), fields.begin(), fields.end());
    if (settings_.format == LogFormat::json) {
        append_json(line, all);
    } else {
        append_logfmt(line, all);
    }
    logger_->log(spdlog_level(level), spdlog::string_view_t(line));
}

}  // namespace mailprobed
