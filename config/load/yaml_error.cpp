// SPDX-License-Identifier: Apache-2.0
// The parser's own messages are terse; the usual cause of each is known.
#include "config/load/yaml_error.hpp"

#include <yaml-cpp/exceptions.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace mailprobed {

namespace {

/// The place of a tab that indents line `line` or one of its neighbours: the parser
/// stumbles over it, but later and with other words.
std::optional<ConfigPlace> tab_near(std::string_view text, int line) {
    for (int current = 1; current <= line + 1 && !text.empty(); ++current) {
        const std::size_t indent = std::min(text.find_first_not_of(" \t"), text.size());
        const std::size_t tab = text.find('\t');
        if (current >= line - 1 && tab < indent) {
            return ConfigPlace{current, static_cast<int>(tab) + 1};
        }
        text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
    }
    return std::nullopt;
}

/// The parser's words with what usually helps; its message may end in text of the file.
std::pair<std::string, std::string> explained(std::string message) {
    const bool escape = message.starts_with(YAML::ErrorMsg::INVALID_ESCAPE);
    message.resize(std::min(message.find(':'), message.size()));
    std::string help = "valid YAML; look at indentation, colons and quotes here and just above";
    if (message == YAML::ErrorMsg::MAP_VALUE) {
        help =
            "one `key: value` a line, quotes around a value that holds `: `, and the same "
            "indentation as its neighbours";
    } else if (message == YAML::ErrorMsg::UNKNOWN_ANCHOR) {
        help = "single quotes around a value that begins with *, or an anchor (&) before its alias";
    } else if (message == YAML::ErrorMsg::UNKNOWN_TOKEN) {
        help = "single quotes around a value that begins with @, % or `";
    } else if (escape) {
        help = "single quotes, in which a backslash is only a backslash";
    }
    return {"YAML error: " + message, help};
}

}  // namespace

void note_yaml_error(std::string message, ConfigPlace place, std::string_view text,
                     ProblemList& problems) {
    if (const auto tab = tab_near(text, place.line)) {
        problems.error(*tab, "a tab in the indentation", "spaces");
        return;
    }
    auto [what, help] = explained(std::move(message));
    problems.error(place, std::move(what), std::move(help));
}

}  // namespace mailprobed
