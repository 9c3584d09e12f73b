// SPDX-License-Identifier: Apache-2.0
// Operators' mistakes, one file each in golden/config, with the exact messages they must give.
// MAILPROBED_UPDATE_GOLDEN=1 writes the messages of today; read the difference before committing.
#include "tests/support/config_support.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>

namespace mailprobed::test {
namespace {

std::vector<std::filesystem::path> mistakes() {
    std::vector<std::filesystem::path> result;
    for (const auto& entry :
         std::filesystem::directory_iterator(source_file("tests/unit/config/golden/config"))) {
        if (entry.path().extension() == ".yaml") result.push_back(entry.path());
    }
    std::ranges::sort(result);
    return result;
}

std::string outcome(const std::filesystem::path& file) {
    const LoadedConfig loaded =
        load_config_text(file_content(file), file.filename().string(),
                         made_up_context({{"PW", "canary-of-the-environment"}}));
    std::string result = messages(loaded.problems);
    for (const ConfigProblem& warning : loaded.warnings) {
        result += "warning: " + warning.text() + "\n";
    }
    return result;
}

TEST(ConfigGolden, EachMistakeGivesItsMessages) {
    const auto files = mistakes();
    EXPECT_GE(files.size(), 10u);
    for (std::filesystem::path file : files) {
        const std::string actual = outcome(file);
        SCOPED_TRACE(file.filename().string());
        file.replace_extension(".expected");
        if (std::getenv("MAILPROBED_UPDATE_GOLDEN") != nullptr) {
            std::ofstream(file, std::ios::binary) << actual;
        }
        EXPECT_EQ(actual, file_content(file));
    }
}

TEST(ConfigGolden, EachMessageNamesPlaceAndRemedyInOneLine) {
    for (const std::filesystem::path& file : mistakes()) {
        SCOPED_TRACE(file.filename().string());
        const LoadedConfig loaded =
            load_config_text(file_content(file), "f.yaml", made_up_context());
        for (const auto* list : {&loaded.problems, &loaded.warnings}) {
            for (const ConfigProblem& problem : *list) {
                EXPECT_GE(problem.line, 1);
                EXPECT_GE(problem.column, 1);
                EXPECT_FALSE(problem.expected.empty()) << problem.text();
                EXPECT_EQ(problem.text().find('\n'), std::string::npos);
                EXPECT_EQ(problem.text().find("canary"), std::string::npos)
                    << "a password in a message: " << problem.text();
            }
        }
    }
}

TEST(ConfigGolden, MessagesComeInTheOrderOfTheFile) {
    for (const std::filesystem::path& file : mistakes()) {
        const LoadedConfig loaded =
            load_config_text(file_content(file), "f.yaml", made_up_context());
        EXPECT_TRUE(std::ranges::is_sorted(loaded.problems, {}, [](const ConfigProblem& p) {
            return std::pair(p.line, p.column);
        })) << file;
    }
}

}  // namespace
}  // namespace mailprobed::test
