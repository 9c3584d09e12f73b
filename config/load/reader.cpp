// SPDX-License-Identifier: Apache-2.0
// The strict reader: which keys there are. Their values are read in reader_values.cpp.
#include "config/load/reader.hpp"

#include "config/load/spelling_suggestion.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace mailprobed {

namespace {

/// Where a key that is unknown here, or one that looks like it, would be right; may be empty.
std::string key_elsewhere(std::string_view key, std::span<const KeySection> table) {
    std::vector<std::string_view> all;
    for (const KeySection& section : table) {
        all.insert(all.end(), section.keys.begin(), section.keys.end());
    }
    const std::string_view meant = spelling_suggestion(key, all, false);
    if (meant.empty()) return "";
    std::vector<std::string> homes;
    for (const KeySection& section : table) {
        if (std::ranges::find(section.keys, meant) == section.keys.end()) continue;
        homes.push_back(section.path.empty() ? "the first column"
                                             : "`" + std::string(section.path) + "`");
    }
    return "`" + std::string(meant) + "` in " + joined_with_or(homes);
}

}  // namespace

MapReader::MapReader(const ConfigNode& node, std::string_view section, std::string owner,
                     ProblemList& problems)
    : MapReader(node, key_section(section), std::move(owner), problems) {}

MapReader::MapReader(const ConfigNode& node, const KeySection& section, std::string owner,
                     ProblemList& problems)
    : node_(node),
      section_(section),
      owner_(std::move(owner)),
      problems_(problems),
      errors_before_(problems.error_count()) {
    note_keys();
}

MapReader::MapReader(const MapReader& parent, std::string_view key, std::string_view section)
    : node_(*parent.find(key)),
      section_(key_section(table_of(parent.section_), section)),
      owner_(parent.owner_),
      path_(parent.path_ + std::string(key) + "."),
      problems_(parent.problems_),
      errors_before_(problems_.error_count()) {
    note_keys();
}

std::string MapReader::name() const {
    if (path_.empty()) return owner_.empty() ? "the file" : owner_;
    const std::string path = "`" + path_.substr(0, path_.size() - 1) + "`";
    return owner_.empty() ? path : path + " of " + owner_;
}

std::string MapReader::name_of(std::string_view key) const {
    const std::string path = "`" + path_ + std::string(key) + "`";
    return owner_.empty() ? path : path + " of " + owner_;
}

void MapReader::note_keys() {
    if (node_.kind != ConfigNode::Kind::map) {
        problems_.error(node_.place, name() + " is " + std::string(kind_name(node_)),
                        "a map: lines of `key: value`");
    }
    std::map<std::string_view, int> first_lines;
    for (const ConfigEntry& entry : node_.entries) {
        if (std::ranges::find(section_.keys, entry.key) == section_.keys.end()) {
            note_unknown(entry);
            continue;
        }
        const auto [first, is_new] = first_lines.emplace(entry.key, entry.place.line);
        if (is_new) continue;
        problems_.error(entry.place,
                        name_of(entry.key) + " is here a second time, first in line " +
                            std::to_string(first->second),
                        "each key once");
    }
}

void MapReader::note_unknown(const ConfigEntry& entry) {
    if (problems_.full()) {
        problems_.error(entry.place, "an unknown key", "");
        return;
    }
    std::vector<std::string> known;
    for (const std::string_view key : section_.keys)
        known.push_back("`" + std::string(key) + "`");
    if (section_.discreet) {
        problems_.error(entry.place, "an unknown key in " + name(),
                        joined_with_or(known) + "; a password that begins with { in single quotes");
        return;
    }
    std::string expected = joined_with_or(known);
    if (const std::string_view meant = spelling_suggestion(entry.key, section_.keys);
        !meant.empty()) {
        expected = "`" + std::string(meant) + "`";
    } else if (entry.key == "<<") {
        expected = "no merge keys; what is common to all stands under `defaults:`";
    } else if (const std::string elsewhere = key_elsewhere(entry.key, table_of(section_));
               !elsewhere.empty()) {
        expected = elsewhere;
    }
    // What is more than a word is a key with its value.
    const bool shown =
        !continues_secret_key(entry.key) && entry.key.find_first_of(" :\"'|") == std::string::npos;
    problems_.error(
        entry.place,
        (shown ? "unknown key " + wrong_in_quotes(entry.key) : "an unknown key") + " in " + name(),
        expected);
}

std::string entry_name(const ConfigNode& node, const std::string& number, std::string_view kind) {
    const auto found = std::ranges::find(node.entries, std::string_view("name"), &ConfigEntry::key);
    if (found == node.entries.end() || check_name(found->value->text)) return number;
    return std::string(kind) + " " + in_quotes(found->value->text);
}

const ConfigNode* MapReader::find(std::string_view key) const noexcept {
    const auto found = std::ranges::find(node_.entries, key, &ConfigEntry::key);
    return found == node_.entries.end() ? nullptr : found->value.get();
}

const ConfigNode* MapReader::require(std::string_view key, std::string_view expected) {
    const ConfigNode* found = find(key);
    if (found == nullptr && node_.kind == ConfigNode::Kind::map) {
        problems_.error(node_.place, name() + " has no `" + std::string(key) + "`",
                        std::string(expected));
    }
    return found;
}

std::vector<std::string_view> MapReader::known_keys() const {
    std::vector<std::string_view> result;
    for (const ConfigEntry& entry : node_.entries) {
        const bool known = std::ranges::find(section_.keys, entry.key) != section_.keys.end();
        const bool again = std::ranges::find(result, entry.key) != result.end();
        if (known && !again) result.push_back(entry.key);
    }
    return result;
}

ConfigPlace MapReader::place(std::string_view key) const noexcept {
    const auto found = std::ranges::find(node_.entries, key, &ConfigEntry::key);
    if (found == node_.entries.end()) return node_.place;
    // The parser puts an empty value at whatever comes next.
    return found->value->kind == ConfigNode::Kind::null ? found->place : found->value->place;
}

void MapReader::complain(std::string_view key, const Complaint& complaint) {
    const std::string_view joint = complaint.what.starts_with('\'') ? ": " : " ";
    problems_.error(place(key), name_of(key).append(joint).append(complaint.what),
                    complaint.expected, complaint.passing);
}

const ConfigNode* MapReader::of_kind(std::string_view key, ConfigNode::Kind kind,
                                     std::string_view expected) {
    const ConfigNode* found = find(key);
    if (found == nullptr || found->kind == kind) return found;
    complain(key, {"is " + std::string(kind_name(*found)), std::string(expected)});
    return nullptr;
}

const ConfigNode* MapReader::scalar(std::string_view key, std::string_view expected) {
    return of_kind(key, ConfigNode::Kind::text, expected);
}

const ConfigNode* MapReader::list(std::string_view key, std::string_view expected) {
    return of_kind(key, ConfigNode::Kind::list, expected);
}

const ConfigNode* MapReader::map(std::string_view key, std::string_view expected) {
    return of_kind(key, ConfigNode::Kind::map, expected);
}

}  // namespace mailprobed
