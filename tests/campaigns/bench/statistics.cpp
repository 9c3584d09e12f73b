// SPDX-License-Identifier: Apache-2.0
// Sorting and string building.
#include "tests/campaigns/bench/statistics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace mailprobed::bench {

double quantile(std::vector<double> values, double q) {
    if (values.empty()) return 0;
    const double rank = std::ceil(q * static_cast<double>(values.size()));
    const auto index = static_cast<std::ptrdiff_t>(std::max(rank, 1.0)) - 1;
    const auto place = values.begin() + index;
    std::ranges::nth_element(values, place);
    return *place;
}

void JsonObject::raw(std::string_view key, std::string_view value) {
    if (!members_.empty()) members_ += ", ";
    members_ += fmt::format("\"{}\": {}", key, value);
}

JsonObject& JsonObject::add(std::string_view key, double value) {
    raw(key, std::isfinite(value) ? fmt::format("{:.9g}", value) : "null");
    return *this;
}

JsonObject& JsonObject::add(std::string_view key, std::uint64_t value) {
    raw(key, std::to_string(value));
    return *this;
}

JsonObject& JsonObject::add(std::string_view key, std::string_view text) {
    raw(key, fmt::format("\"{}\"", text));
    return *this;
}

JsonObject& JsonObject::add(std::string_view key, const JsonObject& object) {
    raw(key, object.text());
    return *this;
}

JsonObject& JsonObject::add(std::string_view key, const std::vector<JsonObject>& list) {
    std::string text;
    for (const JsonObject& object : list) {
        if (!text.empty()) text += ", ";
        text += object.text();
    }
    raw(key, "[" + text + "]");
    return *this;
}

}  // namespace mailprobed::bench
