// SPDX-License-Identifier: Apache-2.0
// A YAML file as a bounded tree that keeps every key, duplicates too, with its place.
#pragma once

#include "config/load/problem.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace mailprobed {

struct ConfigNode;

/// One line of a map.
struct ConfigEntry {
    std::string key;
    ConfigPlace place;
    std::shared_ptr<const ConfigNode> value;
};

/// One value of the file; shared where an alias repeats it.
struct ConfigNode {
    enum class Kind : unsigned char { null, text, list, map };

    ConfigNode(Kind node_kind, ConfigPlace node_place) : kind(node_kind), place(node_place) {}
    ConfigNode(const ConfigNode&) = delete;
    ConfigNode& operator=(const ConfigNode&) = delete;
    /// Wipes the text, which may be a password.
    ~ConfigNode();

    Kind kind;
    ConfigPlace place;
    /// The scalar, if kind is text.
    std::string text;
    /// The elements, if kind is list.
    std::vector<std::shared_ptr<const ConfigNode>> items;
    /// Keys with values in the order of the file, if kind is map.
    std::vector<ConfigEntry> entries;
    /// Nodes in this tree, with what aliases repeat.
    std::size_t weight = 1;
    /// Levels in this tree.
    std::size_t height = 1;
};

/// The largest file that is read, in bytes.
inline constexpr std::size_t kConfigFileLimit = std::size_t{4} << 20;

/// The tree of `text`, or nullptr after an error was noted. A file without values is an error, or
/// an empty map if `may_be_empty`. Refuses what is not UTF-8 text, bad YAML, several documents,
/// tags, and in bounded time what is too deep or too large once aliases are unfolded.
[[nodiscard]] std::shared_ptr<const ConfigNode> parse_document(std::string_view text,
                                                               ProblemList& problems,
                                                               bool may_be_empty = false);

/// How a message calls the kind of `node`: "a list", "a map", "a text" or "empty".
[[nodiscard]] std::string_view kind_name(const ConfigNode& node) noexcept;

}  // namespace mailprobed
