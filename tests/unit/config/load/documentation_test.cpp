// SPDX-License-Identifier: Apache-2.0
// config/README.md against the reader: the same keys, ranges and defaults.
#include "config/load/durations.hpp"
#include "config/load/keys.hpp"
#include "tests/support/config_support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <set>
#include <sstream>

namespace mailprobed::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// A row of a table of keys; one for each section that its heading names.
struct Row {
    std::string path;
    std::string type;
    std::string default_value;
    std::string range;
};

std::vector<std::string> in_backquotes(const std::string& text) {
    std::vector<std::string> result;
    for (std::size_t at = 0; (at = text.find('`', at)) != std::string::npos; ++at) {
        const std::size_t end = text.find('`', at + 1);
        if (end == std::string::npos) break;
        result.push_back(text.substr(at + 1, end - at - 1));
        at = end;
    }
    return result;
}

std::vector<std::string> cells(const std::string& line) {
    std::vector<std::string> result;
    std::istringstream stream(line.substr(1));
    for (std::string cell; std::getline(stream, cell, '|');) {
        const std::size_t first = cell.find_first_not_of(' ');
        const std::size_t last = cell.find_last_not_of(' ');
        result.push_back(first == std::string::npos ? "" : cell.substr(first, last - first + 1));
    }
    return result;
}

std::vector<Row> documented() {
    std::vector<Row> rows;
    std::vector<std::string> sections;
    bool table_of_keys = false;
    std::istringstream stream(file_content(source_file("config/README.md")));
    for (std::string line; std::getline(stream, line);) {
        if (line.starts_with("## ")) sections.clear();
        if (line.starts_with("### ")) {
            sections = in_backquotes(line);
            if (sections.empty()) sections.emplace_back();
        }
        if (!line.starts_with("|")) table_of_keys = false;
        if (line.starts_with("| key |")) table_of_keys = true;
        if (!table_of_keys || !line.starts_with("| `")) continue;
        const auto row = cells(line);
        EXPECT_EQ(row.size(), 5u) << line;
        if (row.size() != 5) continue;
        EXPECT_FALSE(row[1].empty() || row[4].empty()) << line;
        for (const std::string& section : sections) {
            const std::string key = in_backquotes(row[0]).at(0);
            rows.push_back({section.empty() ? key : section + "." + key, row[1], row[2], row[3]});
        }
    }
    return rows;
}

/// A valid document with every section, to put one key's value into.
constexpr const char* kBase =
    "tag_key: {previous: {}}\nweb: {}\nlog: {}\n"
    "defaults: {timeouts: {}, poll: {}}\n"
    "accounts:\n"
    "  - name: a\n    address: a@example.org\n"
    "    smtp: {host: h, password: {}, timeouts: {}}\n"
    "    pop3: {host: h, password: {}, timeouts: {}, poll: {}}\n"
    "probes:\n  - {name: p, from: a, to: a}\n";

/// kBase with `value` at `path`, loaded; the messages that it gives.
std::string messages_with(const std::string& path, const YAML::Node& value) {
    const YAML::Node root = YAML::Load(kBase);
    std::vector<YAML::Node> nodes{root};
    std::istringstream stream(path);
    std::vector<std::string> parts;
    for (std::string part; std::getline(stream, part, '.');)
        parts.push_back(part);
    for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
        const bool list = parts[i].ends_with("[]");
        const std::string key = list ? parts[i].substr(0, parts[i].size() - 2) : parts[i];
        nodes.push_back(list ? nodes.back()[key][0] : nodes.back()[key]);
    }
    nodes.back()[parts.back()] = value;
    return messages(load_text(YAML::Dump(root)).problems);
}

std::string messages_with(const std::string& path, const std::string& value) {
    return messages_with(path, YAML::Node(value));
}

/// The key's name in messages: without lists, which are named by their entry.
std::string message_name(const std::string& path) {
    const std::size_t list = path.rfind("[].");
    return "`" + (list == std::string::npos ? path : path.substr(list + 3)) + "`";
}

TEST(ConfigDocumentation, NamesExactlyTheKeysThatTheReaderAccepts) {
    std::multiset<std::string> pages;
    for (const Row& row : documented())
        pages.insert(row.path);
    const auto keys = accepted_keys();
    EXPECT_EQ(pages, std::multiset<std::string>(keys.begin(), keys.end()));
}

TEST(ConfigDocumentation, NoSectionIsMissingFromTheTableOfKeys) {
    // Were a map read with a key that no section has, it would be unknown; were a section not
    // read at all, a wrong kind of value in it would pass.
    YAML::Node wrong;
    wrong.push_back(YAML::Load("[wrong]"));
    for (const std::string& path : accepted_keys()) {
        const std::string text = messages_with(path, wrong);
        EXPECT_THAT(text, Not(HasSubstr("unknown key"))) << path;
        const std::string name = path == "accounts" ? "account no. 1"
                                 : path == "probes" ? "probe no. 1"
                                                    : message_name(path);
        EXPECT_THAT(text, HasSubstr(name)) << path;
    }
}

TEST(ConfigDocumentation, RangesAreTheDocumentedOnes) {
    std::size_t compared = 0;
    for (const Row& row : documented()) {
        const std::size_t to = row.range.find(" to ");
        if (row.type != "duration" && row.type != "integer" && row.type != "number") continue;
        ASSERT_NE(to, std::string::npos) << row.path;
        const std::string least = row.range.substr(0, to);
        const std::string greatest = row.range.substr(to + 4);
        std::string below;
        std::string above;
        if (row.type == "duration") {
            below = format_duration(parse_duration(least).value() - std::chrono::milliseconds{1});
            above =
                format_duration(parse_duration(greatest).value() + std::chrono::milliseconds{1});
        } else if (row.type == "integer") {
            below = std::to_string(std::stol(least) - 1);
            above = std::to_string(std::stol(greatest) + 1);
        } else {
            below = std::to_string(std::stod(least) - 0.001);
            above = std::to_string(std::stod(greatest) + 0.001);
        }
        // Beside the range there are rules between keys (slo_latency and deadline), which say
        // something else.
        const std::string name = message_name(row.path);
        const std::string range = "from " + least + " to " + greatest;
        for (const std::string& good : {least, greatest}) {
            EXPECT_THAT(messages_with(row.path, good), Not(HasSubstr(range))) << row.path << good;
        }
        for (const std::string& bad : {below, above}) {
            const std::string text = messages_with(row.path, bad);
            EXPECT_THAT(text, HasSubstr(name)) << row.path << " " << bad;
            EXPECT_THAT(text, HasSubstr(range)) << row.path << " " << bad;
        }
        ++compared;
    }
    EXPECT_GE(compared, 30u);
}

TEST(ConfigDocumentation, DefaultsAreTheDocumentedOnes) {
    const YAML::Node effective = YAML::Load(load_text(minimal_config()).masked);
    std::size_t compared = 0;
    for (const Row& row : documented()) {
        const std::string& text = row.default_value;
        // Only a default that is nothing but one code word is a value.
        if (!text.starts_with('`') || text.find('`', 1) != text.size() - 1) continue;
        if (row.path.starts_with("defaults.")) continue;
        std::vector<YAML::Node> nodes{effective};
        std::istringstream stream(row.path);
        for (std::string part; std::getline(stream, part, '.');) {
            const bool list = part.ends_with("[]");
            const YAML::Node next = nodes.back()[list ? part.substr(0, part.size() - 2) : part];
            ASSERT_TRUE(next) << row.path;
            nodes.push_back(list ? next[0] : next);
        }
        EXPECT_EQ("`" + nodes.back().as<std::string>() + "`", text) << row.path;
        ++compared;
    }
    EXPECT_GE(compared, 30u);
}

}  // namespace
}  // namespace mailprobed::test
