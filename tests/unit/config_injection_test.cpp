// SPDX-License-Identifier: Apache-2.0
// B3.1: no text of a configuration can bring CR, LF or NUL into a command, a header, a label or a
// file name; each value of the example is tried.
#include "tests/unit/config_support.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <regex>
#include <sstream>

namespace mailprobed::test {
namespace {

/// As YAML writes them in double quotes.
const std::vector<std::string> kInjections{R"(\r)", R"(\n)", R"(\0)", R"(\r\nQUIT)", R"(\0QUIT)"};

bool has_problem_at(const LoadedConfig& loaded, std::size_t line) {
    return std::ranges::any_of(loaded.problems, [line](const ConfigProblem& problem) {
        return static_cast<std::size_t>(problem.line) == line;
    });
}

TEST(ConfigInjection, B3_1_NoValueOfTheExampleMayHoldALineBreakOrNul) {
    PrivateFolder folder;
    folder.write("qq", "canary-qq");
    folder.write("office", "canary-office");
    folder.write("tag-key", "0123456789abcdef0123456789abcdef");
    LoadContext context = made_up_context();
    context.credentials_directory = folder.path().string();

    std::vector<std::string> lines;
    std::istringstream file(file_content(source_file("config/mailprobed.example.yaml")));
    for (std::string line; std::getline(file, line);)
        lines.push_back(line);
    const std::regex key_and_value(
        R"(^( *(?:- )?[A-Za-z_-]+: +(?:\{[a-z]+: )?)([^#{}]*[^#{} ])(.*)$)");
    int values = 0;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        std::smatch parts;
        if (!std::regex_match(lines[i], parts, key_and_value)) continue;
        ++values;
        for (const std::string& injected : kInjections) {
            std::string text;
            for (std::size_t j = 0; j < lines.size(); ++j) {
                text += j != i ? lines[j]
                               : parts[1].str() + '"' + parts[2].str() + injected + '"' +
                                     parts[3].str();
                text += '\n';
            }
            const LoadedConfig loaded = load_config_text(text, "test.yaml", context);
            EXPECT_TRUE(has_problem_at(loaded, i + 1)) << lines[i] << " with " << injected;
        }
    }
    EXPECT_GT(values, 60);
}

TEST(ConfigInjection, B3_1_NorMayTheOtherKeysOrAnyKeyItself) {
    const struct {
        const char* from;
        std::string to;
    } places[] = {
        {"smtp: {host: smtp.example.org,", "smtp: {host: smtp.example.org, ca_file: \"ca.pem@\","},
        {"smtp: {host: smtp.example.org,",
         "smtp: {host: smtp.example.org, source_address: \"127.0.0.1@\","},
        {"canary-one", "{file: \"secret@\"}"},
        {"canary-one", "{env: \"SECRET@\"}"},
        {"canary-one", "{command: [\"/bin/echo@\", x]}"},
        {"canary-one", "{command: [/bin/echo, \"x@\"]}"},
        {"canary-one", "\"canary@\""},
        {"me@example.org", "\"me@\"\n    \"na@me\": x"},
        {"to: me}", "to: me, labels: {\"te@am\": mail}}"},
        {"to: me}", "to: me, headers: {\"X-Te@am\": mail}}"},
    };
    for (const auto& [from, to] : places) {
        for (const std::string& injected : kInjections) {
            std::string broken = to;
            const bool address = std::string_view(from) == "me@example.org";
            broken.replace(broken.find('@', address ? broken.find("na@me") : 0), 1, injected);
            const LoadedConfig loaded = load_text(replaced(minimal_config(), from, broken));
            EXPECT_FALSE(loaded.problems.empty()) << broken;
        }
    }
}

}  // namespace
}  // namespace mailprobed::test
