// SPDX-License-Identifier: Apache-2.0
// The log: one event per line with named fields, as logfmt or JSON, for people and for journald.
#pragma once

#include "probes/base/secret.hpp"
#include "probes/base/time.hpp"
#include "probes/domain/settings/settings.hpp"

#include <atomic>
#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace spdlog {
class logger;  // NOLINT(readability-identifier-naming)
namespace sinks {
class sink;  // NOLINT(readability-identifier-naming)
}
}  // namespace spdlog

namespace mailprobed {

/// One `key=value` of an event; the texts must outlive the call they are given to.
class Field {
  public:
    using Value = std::variant<std::string_view, bool, std::int64_t, std::uint64_t, double>;

    Field(std::string_view key, std::string_view value) noexcept : key_(key), value_(value) {}
    Field(std::string_view key, const char* value) noexcept
        : key_(key), value_(std::string_view(value)) {}
    /// Seconds, to the microsecond.
    Field(std::string_view key, Duration value) noexcept;
    Field(std::string_view key, double value) noexcept : key_(key), value_(value) {}
    template <std::same_as<bool> T>
    Field(std::string_view key, T value) noexcept : key_(key), value_(value) {}
    template <std::signed_integral T>
    Field(std::string_view key, T value) noexcept : key_(key), value_(std::int64_t{value}) {}
    template <std::unsigned_integral T>
        requires(!std::same_as<T, bool>)
    Field(std::string_view key, T value) noexcept : key_(key), value_(std::uint64_t{value}) {}
    /// A secret is not a value.
    Field(std::string_view key, const Secret& value) = delete;

    /// The name, a literal of the program: letters, digits and underscores.
    [[nodiscard]] std::string_view key() const noexcept { return key_; }
    /// The value.
    [[nodiscard]] const Value& value() const noexcept { return value_; }

  private:
    std::string_view key_;
    Value value_;
};

/// True if `journal_stream` (the value of $JOURNAL_STREAM, may be null) names the device and inode
/// of `descriptor`: then journald reads what is written there.
[[nodiscard]] bool writes_to_journal(const char* journal_stream, int descriptor) noexcept;

/// Hands journald one entry as assignments, "NAME=value"; below 0 if it did not take it.
using JournaldSend = std::function<int(std::span<const std::string> assignments)>;

/// Writes events of at least the configured level; usable from any thread.
class Log {
  public:
    /// Logs on standard error or, if that is wanted, to journald.
    explicit Log(const LogSettings& settings);
    /// Logs by `send`, and on standard error what it does not take.
    Log(const LogSettings& settings, JournaldSend send);
    /// Logs into `sink`; `journal` puts priorities such as <6> in front instead of timestamps.
    Log(const LogSettings& settings, std::shared_ptr<spdlog::sinks::sink> sink, bool journal);
    Log(const Log&) = delete;
    Log& operator=(const Log&) = delete;
    ~Log();

    /// True if events of `level` are written: ask before building expensive fields.
    [[nodiscard]] bool enabled(LogLevel level) const noexcept {
        return level >= level_.load(std::memory_order_relaxed);
    }
    /// Goes on with another least level.
    void set_level(LogLevel level) noexcept;
    /// Writes one event as one line.
    void write(LogLevel level, std::string_view event, std::span<const Field> fields);
    /// Writes one event as one line.
    void write(LogLevel level, std::string_view event, std::initializer_list<Field> fields = {}) {
        write(level, event, std::span<const Field>(fields.begin(), fields.size()));
    }

  private:
    void write_line(LogLevel level, std::string_view event, std::span<const Field> fields);

    LogSettings settings_;
    std::atomic<LogLevel> level_;
    bool journal_;
    JournaldSend send_;
    std::unique_ptr<spdlog::logger> logger_;
};

/// The name of a level as it is configured and printed.
[[nodiscard]] std::string_view to_string(LogLevel level) noexcept;

}  // namespace mailprobed
