// SPDX-License-Identifier: Apache-2.0
// Quantiles, and results as one line of JSON.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mailprobed::bench {

/// The value below which the share `q` of `values` lies (nearest rank); 0 for no values.
[[nodiscard]] double quantile(std::vector<double> values, double q);

/// One JSON object, built member by member; keys and texts need no escaping here.
class JsonObject {
  public:
    JsonObject& add(std::string_view key, double value);
    JsonObject& add(std::string_view key, std::uint64_t value);
    JsonObject& add(std::string_view key, std::string_view text);
    JsonObject& add(std::string_view key, const JsonObject& object);
    JsonObject& add(std::string_view key, const std::vector<JsonObject>& list);
    /// The object on one line.
    [[nodiscard]] std::string text() const { return "{" + members_ + "}"; }

  private:
    void raw(std::string_view key, std::string_view value);

    std::string members_;
};

}  // namespace mailprobed::bench
