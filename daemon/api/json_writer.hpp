// SPDX-License-Identifier: Apache-2.0
// Writes JSON (RFC 8259) piece by piece; times and durations as decimal seconds.
#pragma once

#include "probes/base/time.hpp"

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace mailprobed {

/// Appends values to a text; commas come by themselves.
class JsonWriter {
  public:
    void begin_object();
    void end_object();
    void begin_array();
    void end_array();
    /// The name of the next value in an object.
    void key(std::string_view name);

    /// Malformed UTF-8 is repaired.
    void value(std::string_view text);
    void value(const char* text) { value(std::string_view(text)); }
    void value(bool flag);
    void value(std::integral auto number) { number_text(std::to_string(number)); }
    /// Six decimals at most.
    void value(double number);
    /// In seconds.
    void value(Duration duration);
    /// In Unix seconds, cut to microseconds.
    void value(WallTime at);
    void null();

    template <class T>
    void value(const std::optional<T>& maybe) {
        if (maybe) {
            value(*maybe);
        } else {
            null();
        }
    }
    /// A value that is JSON already.
    void raw(std::string_view json);
    /// Null for an empty text.
    void text_or_null(std::string_view text);

    /// key() and value().
    template <class T>
    void member(std::string_view name, const T& content) {
        key(name);
        value(content);
    }

    [[nodiscard]] std::string take() { return std::move(out_); }

  private:
    void separate();
    void number_text(std::string_view digits);
    void decimal(std::int64_t whole, std::int64_t millionths, bool negative);

    std::string out_;
    bool comma_ = false;
};

}  // namespace mailprobed
