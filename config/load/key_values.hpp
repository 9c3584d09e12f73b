// SPDX-License-Identifier: Apache-2.0
// Values of keys by their form: how each is read, and how the masked view shows it.
#pragma once

#include "config/load/ranges.hpp"
#include "config/load/reader.hpp"
#include "config/load/syntax.hpp"
#include "config/load/yaml_writer.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mailprobed {

/// A text that passes `check`.
struct TextForm {
    TextCheck check;
};
/// One such text, or a list of them, none twice.
struct TextListForm {
    TextCheck check;
};
/// `true` or `false`.
struct FlagForm {};
/// One of these.
struct WordForm {
    std::span<const std::string_view> words;
};
/// A length of time.
struct DurationForm {
    Range<Duration> range;
};
/// A whole number.
struct IntegerForm {
    Range<std::uint32_t> range;
};
/// A number with or without a fraction.
struct DecimalForm {
    Range<double> range;
};
/// A map of at most kMostPairs names and texts.
struct PairsForm {
    TextCheck check_name;
    TextCheck check_value;
    /// `Name` and `name` are one.
    bool ignore_case;
};
inline constexpr std::size_t kMostPairs = 32;

// read_value() assigns what stands at `key` and returns true; `out` stays as it is where nothing
// stands there, or something wrong, which is noted.
bool read_value(MapReader& map, std::string_view key, const TextForm& form, std::string& out);
bool read_value(MapReader& map, std::string_view key, const TextListForm& form,
                std::vector<std::string>& out);
bool read_value(MapReader& map, std::string_view key, const FlagForm& form, bool& out);
bool read_value(MapReader& map, std::string_view key, const DurationForm& form, Duration& out);
bool read_value(MapReader& map, std::string_view key, const DurationForm& form,
                std::optional<Duration>& out);
bool read_value(MapReader& map, std::string_view key, const IntegerForm& form, std::uint32_t& out);
bool read_value(MapReader& map, std::string_view key, const IntegerForm& form, std::uint16_t& out);
bool read_value(MapReader& map, std::string_view key, const DecimalForm& form, double& out);
bool read_value(MapReader& map, std::string_view key, const PairsForm& form,
                std::vector<std::pair<std::string, std::string>>& out);
bool read_value(MapReader& map, std::string_view key, const PairsForm& form,
                std::map<std::string, std::string>& out);

// show_value() writes one line, or a list or map, and nothing for an empty text, list or map.
void show_value(YamlWriter& out, std::string_view key, const std::string& value);
void show_value(YamlWriter& out, std::string_view key, const std::vector<std::string>& values);
void show_value(YamlWriter& out, std::string_view key, bool value);
void show_value(YamlWriter& out, std::string_view key, Duration value);
void show_value(YamlWriter& out, std::string_view key, const std::optional<Duration>& value);
void show_value(YamlWriter& out, std::string_view key, std::uint32_t value);
void show_value(YamlWriter& out, std::string_view key, std::uint16_t value);
void show_value(YamlWriter& out, std::string_view key, double value);
void show_value(YamlWriter& out, std::string_view key,
                const std::vector<std::pair<std::string, std::string>>& pairs);
void show_value(YamlWriter& out, std::string_view key,
                const std::map<std::string, std::string>& pairs);

}  // namespace mailprobed
