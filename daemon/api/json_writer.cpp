// SPDX-License-Identifier: Apache-2.0
// A comma is due before every value but the first of its array or object.
#include "daemon/api/json_writer.hpp"

#include "daemon/log/log_format.hpp"

#include <cmath>
#include <limits>

namespace mailprobed {
namespace {

constexpr std::int64_t kMillion = 1'000'000;

}  // namespace

void JsonWriter::separate() {
    if (comma_) out_.push_back(',');
    comma_ = true;
}

void JsonWriter::begin_object() {
    separate();
    out_.push_back('{');
    comma_ = false;
}

void JsonWriter::end_object() {
    out_.push_back('}');
    comma_ = true;
}

void JsonWriter::begin_array() {
    separate();
    out_.push_back('[');
    comma_ = false;
}

void JsonWriter::end_array() {
    out_.push_back(']');
    comma_ = true;
}

void JsonWriter::key(std::string_view name) {
    value(name);
    out_.push_back(':');
    comma_ = false;
}

void JsonWriter::value(std::string_view text) {
    separate();
    append_json_text(out_, text);
}

void JsonWriter::value(bool flag) {
    separate();
    out_ += flag ? "true" : "false";
}

void JsonWriter::null() {
    separate();
    out_ += "null";
}

void JsonWriter::raw(std::string_view json) {
    separate();
    out_ += json;
}

void JsonWriter::text_or_null(std::string_view text) {
    if (text.empty()) {
        null();
    } else {
        value(text);
    }
}

void JsonWriter::number_text(std::string_view digits) {
    separate();
    out_ += digits;
}

void JsonWriter::decimal(std::int64_t whole, std::int64_t millionths, bool negative) {
    separate();
    if (negative && (whole != 0 || millionths != 0)) out_.push_back('-');
    out_ += std::to_string(whole);
    if (millionths == 0) return;
    std::string digits = std::to_string(kMillion + millionths);
    digits.front() = '.';
    digits.erase(digits.find_last_not_of('0') + 1);
    out_ += digits;
}

void JsonWriter::value(double number) {
    // JSON has no other numbers.
    constexpr double kMost = 9e12;
    if (!std::isfinite(number) || std::abs(number) > kMost) return null();
    const std::int64_t rounded = std::llround(std::abs(number) * static_cast<double>(kMillion));
    decimal(rounded / kMillion, rounded % kMillion, number < 0);
}

void JsonWriter::value(Duration duration) {
    const std::int64_t total = std::chrono::round<std::chrono::microseconds>(duration).count();
    const std::int64_t size = total < 0 ? -total : total;
    decimal(size / kMillion, size % kMillion, total < 0);
}

void JsonWriter::value(WallTime at) {
    // Down, never up: a reader who asks for what came before a printed time must not be given the
    // thing that it was printed for.
    value(std::chrono::floor<std::chrono::microseconds>(at.time_since_epoch()));
}

}  // namespace mailprobed
