// SPDX-License-Identifier: Apache-2.0
// Most forms are types that the strict reader knows; only pairs are put together here.
#include "config/load/key_values.hpp"

#include "config/load/durations.hpp"

#include <algorithm>

namespace mailprobed {

namespace {

/// Calls `keep` with each pair of the map at `key` that passes both checks, duplicates refused;
/// true if it is there and all of it passes.
template <class Keep>
bool read_pairs(MapReader& map, std::string_view key, const PairsForm& form, Keep keep) {
    constexpr const char* kForm = "a map: lines of `name: value`";
    const ConfigNode* node = map.map(key, kForm);
    if (node == nullptr) return false;
    if (node->entries.size() > kMostPairs) {
        map.complain(key, {"has too many lines", "at most 32"});
        return false;
    }
    ProblemList& problems = map.problems();
    const std::size_t errors = problems.error_count();
    std::vector<std::string> seen;
    for (const ConfigEntry& entry : node->entries) {
        const std::string name = wrong_in_quotes(entry.key) + " in " + map.name_of(key);
        if (const auto complaint = form.check_name(entry.key)) {
            problems.error(entry.place, name + " " + complaint->what, complaint->expected);
            continue;
        }
        const std::string same = form.ignore_case ? lower_case(entry.key) : entry.key;
        if (std::ranges::find(seen, same) != seen.end()) {
            problems.error(entry.place, name + " is here a second time", "each name once");
            continue;
        }
        seen.push_back(same);
        if (entry.value->kind != ConfigNode::Kind::text) {
            problems.error(entry.place, name + " is " + std::string(kind_name(*entry.value)),
                           "a text");
        } else if (const auto complaint = form.check_value(entry.value->text)) {
            problems.error(entry.value->place, name + " " + complaint->what, complaint->expected);
        } else {
            keep(entry.key, entry.value->text);
        }
    }
    return problems.error_count() == errors;
}

template <class Pairs>
void show_pairs(YamlWriter& out, std::string_view key, const Pairs& pairs) {
    if (pairs.empty()) return;
    out.begin_map(key);
    for (const auto& [name, value] : pairs)
        out.pair(name, value);
    out.end_map();
}

}  // namespace

bool read_value(MapReader& map, std::string_view key, const TextForm& form, std::string& out) {
    return map.text(key, form.check, out);
}

bool read_value(MapReader& map, std::string_view key, const TextListForm& form,
                std::vector<std::string>& out) {
    return map.texts(key, form.check, out);
}

bool read_value(MapReader& map, std::string_view key, const FlagForm& /*form*/, bool& out) {
    return map.flag(key, out);
}

bool read_value(MapReader& map, std::string_view key, const DurationForm& form, Duration& out) {
    return map.duration(key, form.range, out);
}

bool read_value(MapReader& map, std::string_view key, const DurationForm& form,
                std::optional<Duration>& out) {
    Duration value{};
    if (!map.duration(key, form.range, value)) return false;
    out = value;
    return true;
}

bool read_value(MapReader& map, std::string_view key, const IntegerForm& form, std::uint32_t& out) {
    return map.integer(key, form.range, out);
}

bool read_value(MapReader& map, std::string_view key, const IntegerForm& form, std::uint16_t& out) {
    std::uint32_t value = 0;
    if (!map.integer(key, form.range, value)) return false;
    out = static_cast<std::uint16_t>(value);
    return true;
}

bool read_value(MapReader& map, std::string_view key, const DecimalForm& form, double& out) {
    return map.decimal(key, form.range, out);
}

bool read_value(MapReader& map, std::string_view key, const PairsForm& form,
                std::vector<std::pair<std::string, std::string>>& out) {
    return read_pairs(map, key, form, [&out](const std::string& name, const std::string& value) {
        out.emplace_back(name, value);
    });
}

bool read_value(MapReader& map, std::string_view key, const PairsForm& form,
                std::map<std::string, std::string>& out) {
    return read_pairs(map, key, form, [&out](const std::string& name, const std::string& value) {
        out.emplace(name, value);
    });
}

void show_value(YamlWriter& out, std::string_view key, const std::string& value) {
    if (!value.empty()) out.text(key, value);
}

void show_value(YamlWriter& out, std::string_view key, const std::vector<std::string>& values) {
    if (values.size() == 1) {
        out.text(key, values.front());
    } else if (!values.empty()) {
        out.texts(key, values);
    }
}

void show_value(YamlWriter& out, std::string_view key, bool value) {
    out.word(key, value ? "true" : "false");
}

void show_value(YamlWriter& out, std::string_view key, Duration value) {
    out.text(key, format_duration(value));
}

void show_value(YamlWriter& out, std::string_view key, const std::optional<Duration>& value) {
    if (value) show_value(out, key, *value);
}

void show_value(YamlWriter& out, std::string_view key, std::uint32_t value) {
    out.word(key, std::to_string(value));
}

void show_value(YamlWriter& out, std::string_view key, std::uint16_t value) {
    out.word(key, std::to_string(value));
}

void show_value(YamlWriter& out, std::string_view key, double value) {
    out.decimal(key, value);
}

void show_value(YamlWriter& out, std::string_view key,
                const std::vector<std::pair<std::string, std::string>>& pairs) {
    show_pairs(out, key, pairs);
}

void show_value(YamlWriter& out, std::string_view key,
                const std::map<std::string, std::string>& pairs) {
    show_pairs(out, key, pairs);
}

}  // namespace mailprobed
