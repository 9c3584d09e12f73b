// SPDX-License-Identifier: Apache-2.0
// Files that are missing, unreadable, no text, hostile or huge end in one message, quickly.
#include "config/load/document.hpp"
#include "tests/support/config_support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

namespace mailprobed::test {
namespace {

using ::testing::HasSubstr;

/// Loads, and fails the test if that takes long: a sanitizer build needs a second for the worst.
LoadedConfig load_quickly(std::string_view text) {
    const auto start = std::chrono::steady_clock::now();
    LoadedConfig loaded = load_text(text);
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds{20});
    return loaded;
}

std::string only_message(const LoadedConfig& loaded) {
    EXPECT_EQ(loaded.problems.size(), 1u) << messages(loaded.problems);
    return messages(loaded.problems);
}

std::string repeated(std::string_view piece, std::size_t times) {
    std::string result;
    for (std::size_t i = 0; i < times; ++i)
        result += piece;
    return result;
}

TEST(ConfigLimits, MissingFileIsAProblemAndNoException) {
    const LoadedConfig loaded = load_config("does/not/exist.yaml", made_up_context());
    EXPECT_EQ(only_message(loaded),
              "does/not/exist.yaml:1:1: the file cannot be read: No such file or directory, "
              "expected a readable YAML file of at most 4 MiB\n");
    EXPECT_TRUE(loaded.masked.empty());
}

TEST(ConfigLimits, FolderIsAProblem) {
    EXPECT_THAT(only_message(load_config("/", made_up_context())), HasSubstr("Is a directory"));
}

TEST(ConfigLimits, FileBeyondFourMebibytesIsRefused) {
    PrivateFolder folder;
    const std::string path =
        folder.write("big.yaml", minimal_config() + repeated("# comment\n", 420'000));
    EXPECT_THAT(only_message(load_config(path, made_up_context())), HasSubstr("is too large"));
}

TEST(ConfigLimits, FileIsReadWithItsPathInMessages) {
    PrivateFolder folder;
    const std::string path = folder.write("some.yaml", "nonsense: 1\n");
    const LoadedConfig loaded = load_config(path, made_up_context());
    ASSERT_FALSE(loaded.problems.empty());
    EXPECT_EQ(loaded.problems.front().file, path);
}

TEST(ConfigLimits, ControlCharacterIsRefusedEvenWhereTheParserWouldStopReading) {
    // The parser takes 0x04 for the end of the file: what follows would vanish silently.
    const std::string text = minimal_config() + "# a \x04 b\nnonsense: 1\n";
    EXPECT_EQ(only_message(load_text(text)),
              "test.yaml:8:5: a control character, expected printable UTF-8 text\n");
    EXPECT_THAT(only_message(load_text(std::string("a: \0b\n", 6))), HasSubstr(":1:4: a control"));
}

TEST(ConfigLimits, WhatAMessageRepeatsCannotReorderIt) {
    const LoadedConfig loaded = load_text(minimal_config() + "sdr\u202eow: 1\n");
    EXPECT_THAT(only_message(loaded), HasSubstr("'sdr\\u{202e}ow'"));
}

TEST(ConfigLimits, TextThatIsNotUtf8IsRefused) {
    for (const char* bytes :
         {"\x80", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xff", "\xc3"}) {
        EXPECT_THAT(only_message(load_text(std::string("# ") + bytes)),
                    HasSubstr(":1:3: a byte that is not UTF-8"));
    }
    const std::string good = "# \xc3\xa9 \xe2\x82\xac \xf0\x9f\x93\xa7\n";
    EXPECT_EQ(messages(load_text(good + minimal_config()).problems), "");
}

TEST(ConfigLimits, ByteOrderMarkIsSkipped) {
    EXPECT_EQ(messages(load_text("\xef\xbb\xbf" + minimal_config()).problems), "");
}

TEST(ConfigLimits, WindowsLineEndsAreRead) {
    std::string text = minimal_config();
    for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos; at += 2) {
        text.replace(at, 1, "\r\n");
    }
    const LoadedConfig loaded = load_text(text);
    EXPECT_EQ(messages(loaded.problems), "");
    ASSERT_EQ(loaded.settings.accounts.size(), 1u);
    EXPECT_EQ(loaded.settings.accounts[0].address, "me@example.org");
}

TEST(ConfigLimits, BillionLaughsAreRefusedAtOnce) {
    std::string text = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n";
    for (int level = 1; level < 12; ++level) {
        const std::string alias = "*a" + std::to_string(level - 1);
        const std::string name = "a" + std::to_string(level);
        text += name + ": &" + name + " [" + alias + repeated(", " + alias, 9) + "]\n";
    }
    EXPECT_THAT(only_message(load_quickly(text)), HasSubstr("too many values"));
}

TEST(ConfigLimits, AliasesBeyondTheDepthAreRefused) {
    std::string text = "a0: &a0 [x]\n";
    for (int level = 1; level < 40; ++level) {
        const std::string name = "a" + std::to_string(level);
        text += name + ": &" + name + " [*a" + std::to_string(level - 1) + "]\n";
    }
    EXPECT_THAT(only_message(load_quickly(text)), HasSubstr("nested too deep"));
}

TEST(ConfigLimits, AliasInsideItsOwnAnchorIsRefused) {
    EXPECT_THAT(only_message(load_text("accounts: &a [*a]\n")),
                HasSubstr("inside of what it repeats"));
}

TEST(ConfigLimits, DeepNestingIsRefusedAtOnce) {
    for (const char* piece : {"[\n", "{\n", "{a: \n", "- "}) {
        EXPECT_THAT(only_message(load_quickly(repeated(piece, 4'000))),
                    HasSubstr("nested too deep"))
            << piece;
    }
}

TEST(ConfigLimits, EndlessLineIsRefused) {
    EXPECT_THAT(only_message(load_quickly(repeated("[", 1'000'000))),
                HasSubstr("a line longer than 16384 bytes"));
}

TEST(ConfigLimits, TensOfThousandsOfMistakesGiveAThousandMessages) {
    std::string text;
    for (int i = 0; i < 20'000; ++i)
        text += "key" + std::to_string(i) + ": 1\n";
    const LoadedConfig loaded = load_quickly(text);
    EXPECT_EQ(loaded.problems.size(), 1'001u);
    EXPECT_THAT(loaded.problems.back().text(), HasSubstr("more errors"));
}

TEST(ConfigLimits, TenThousandProbesAreFine) {
    std::string text = minimal_config();
    for (int i = 0; i < 10'000; ++i) {
        text += "  - {name: p" + std::to_string(i) + ", from: me, to: me}\n";
    }
    const LoadedConfig loaded = load_quickly(text);
    EXPECT_EQ(messages(loaded.problems), "");
    EXPECT_EQ(loaded.settings.probes.size(), 10'001u);
}

TEST(ConfigLimits, MistakeBehindAnAliasIsToldOnce) {
    const LoadedConfig loaded = load_text(
        "accounts:\n"
        "  - &account\n"
        "    name: me\n"
        "    address: me@example.org\n"
        "    smtp: {host: smtp.example.org, auth: none, port: 0}\n"
        "    pop3: {host: pop.example.org, password: x}\n"
        "  - *account\n"
        "probes:\n"
        "  - {name: round, from: me, to: me}\n");
    EXPECT_EQ(messages(loaded.problems),
              "test.yaml:3:11: a second account is called 'me', the first in line 3, expected a "
              "name of its own\n"
              "test.yaml:5:54: `smtp.port` of account 'me' is '0', expected a whole number from 1 "
              "to 65535\n");
}

}  // namespace
}  // namespace mailprobed::test
