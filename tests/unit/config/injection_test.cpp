// SPDX-License-Identifier: Apache-2.0
// B3.1: no text of a configuration can bring CR, LF or NUL into a command, a header, a label or a
// file name; each value of the example is tried.
#include "probes/domain/identity/message.hpp"
#include "tests/support/config_support.hpp"

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

/// True if a mail of this instance may be sent as 7bit (RFC 2045 2.7), which its header promises.
bool is_7bit(const std::string& instance) {
    MessageParts parts;
    parts.probe = "round";
    parts.instance = instance;
    std::istringstream mail(compose(parts).text);
    for (std::string line; std::getline(mail, line);) {
        const bool ascii = std::ranges::all_of(line, [](char c) { return c > 0; });
        if (!ascii || line.size() > 999) return false;  // with the CR
    }
    return true;
}

/// Instances that must not come into a mail as they are.
const std::vector<std::string> kHostile{
    "b\xc3\xbcro", "\xff\xfe", std::string(129, 'x'), std::string(1'024, 'x'), "a\tb", "a\r\nQUIT",
    "\x7f",        "a\x1b[31m"};

TEST(ConfigInjection, AHostileInstanceIsRefused) {
    for (const std::string& hostile : kHostile) {
        // YAML makes a blank of it before anybody sees it.
        if (hostile.find('\n') != std::string::npos) continue;
        const LoadedConfig loaded = load_text("instance: \"" + hostile + "\"\n" + minimal_config());
        EXPECT_FALSE(loaded.problems.empty()) << hostile;
    }
    const LoadedConfig most =
        load_text("instance: \"" + std::string(127, 'x') + "~\"\n" + minimal_config());
    EXPECT_EQ(messages(most.problems), "");
    EXPECT_EQ(most.settings.instance.size(), 128U);
}

TEST(ConfigInjection, AHostileHostOrUnitMakesAHarmlessInstanceOrIsRefused) {
    for (const std::string& hostile : kHostile) {
        LoadContext host = made_up_context();
        host.hostname = hostile;
        for (const LoadContext& context :
             {host, made_up_context({{"MAILPROBED_INSTANCE", hostile}})}) {
            const LoadedConfig loaded = load_config_text(minimal_config(), "test.yaml", context);
            if (loaded.problems.empty()) {
                EXPECT_TRUE(is_7bit(loaded.settings.instance)) << hostile;
            }
            EXPECT_EQ(loaded.problems.empty(), hostile.size() < 100) << messages(loaded.problems);
            // A name of one's own is always the way out.
            const LoadedConfig named =
                load_config_text("instance: mine\n" + minimal_config(), "test.yaml", context);
            EXPECT_EQ(messages(named.problems), "");
        }
    }
    // Different units stay different instances.
    const auto instance = [](const char* unit) {
        return load_config_text(minimal_config(), "test.yaml",
                                made_up_context({{"MAILPROBED_INSTANCE", unit}}))
            .settings.instance;
    };
    EXPECT_EQ(instance("b\xc3\xbcro"), "test-host-b%C3%BCro");
    EXPECT_EQ(instance("b\xc3\xb6ro"), "test-host-b%C3%B6ro");
    EXPECT_EQ(instance("qq"), "test-host-qq");
}

}  // namespace
}  // namespace mailprobed::test
