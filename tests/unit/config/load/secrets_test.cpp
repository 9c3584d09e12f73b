// SPDX-License-Identifier: Apache-2.0
// Secrets come from each source, are checked, and never show up in messages.
#include "config/load/command.hpp"
#include "tests/support/config_support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <sys/stat.h>
#include <thread>

namespace mailprobed::test {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kCanary = "canary-secret";

LoadedConfig load_with(const std::string& source, const LoadContext& context) {
    return load_config_text(
        replaced(replaced(minimal_config(), "canary-one", source), "canary-two", source),
        "test.yaml", context);
}

Secret password_from(const std::string& source, const LoadContext& context) {
    const LoadedConfig loaded = load_with(source, context);
    EXPECT_EQ(messages(loaded.problems), "");
    EXPECT_EQ(messages(loaded.warnings), "");
    return loaded.settings.accounts.at(0).smtp->password;
}

std::string complaint_about(const std::string& source, const LoadContext& context) {
    const LoadedConfig loaded = load_with(source, context);
    EXPECT_FALSE(loaded.problems.empty());
    const std::string text = messages(loaded.problems) + messages(loaded.warnings);
    EXPECT_THAT(text, Not(HasSubstr(kCanary)));
    EXPECT_TRUE(loaded.masked.empty());
    return text;
}

TEST(ConfigSecrets, FileLosesOneLineEndAndNothingElse) {
    PrivateFolder folder;
    for (const char* content : {"pass word ", "pass word \n", "pass word \r\n"}) {
        const std::string path = folder.write("pw", content);
        EXPECT_EQ(password_from("{file: " + path + "}", made_up_context()), Secret("pass word "));
    }
}

TEST(ConfigSecrets, FileThatOthersMayReadIsRefusedWithTheRemedy) {
    PrivateFolder folder;
    for (const unsigned mode : {0644u, 0640u, 0604u, 0620u, 0601u}) {
        const std::string path = folder.write("pw", kCanary, mode);
        EXPECT_THAT(complaint_about("{file: " + path + "}", made_up_context()),
                    AllOf(HasSubstr("others may read it"), HasSubstr("chmod 600 " + path)));
    }
    for (const unsigned mode : {0600u, 0400u, 0700u}) {
        const std::string path = folder.write("pw", kCanary, mode);
        EXPECT_EQ(password_from("{file: " + path + "}", made_up_context()), Secret(kCanary));
        std::filesystem::remove(path);
    }
}

TEST(ConfigSecrets, FileThatIsNoUsablePasswordIsRefused) {
    PrivateFolder folder;
    const auto complaint = [&](std::string_view content) {
        return complaint_about("{file: " + folder.write("pw", content) + "}", made_up_context());
    };
    EXPECT_THAT(complaint(""), HasSubstr("is an empty password"));
    EXPECT_THAT(complaint("\n"), HasSubstr("is an empty password"));
    EXPECT_THAT(complaint("canary-secret\nsecond line\n"), HasSubstr("in one line"));
    EXPECT_THAT(complaint("canary-secret\n\n"), HasSubstr("in one line"));
    EXPECT_THAT(complaint(std::string_view("canary-secret\0x", 15)), HasSubstr("in one line"));
    EXPECT_THAT(complaint("canary-secret\rQUIT"), HasSubstr("in one line"));
    EXPECT_THAT(complaint(std::string(1'025, 'x')), HasSubstr("too long"));
    EXPECT_THAT(complaint(std::string(70'000, 'x')), HasSubstr("too large"));
}

TEST(ConfigSecrets, WhatIsNoFileIsRefusedWithoutWaiting) {
    PrivateFolder folder;
    const std::string fifo = (folder.path() / "fifo").string();
    ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
    EXPECT_THAT(complaint_about("{file: " + fifo + "}", made_up_context()),
                HasSubstr("not a regular file"));
    EXPECT_THAT(complaint_about("{file: " + folder.path().string() + "}", made_up_context()),
                HasSubstr("not a regular file"));
    EXPECT_THAT(complaint_about("{file: " + folder.path().string() + "/none}", made_up_context()),
                HasSubstr("No such file"));
}

TEST(ConfigSecrets, CredentialIsReadWhateverItsMode) {
    PrivateFolder folder;
    folder.write("qq", "canary-secret\n", 0444);
    LoadContext context = made_up_context();
    context.credentials_directory = folder.path().string();
    EXPECT_EQ(password_from("{credential: qq}", context), Secret(kCanary));
    EXPECT_THAT(complaint_about("{credential: other}", context), HasSubstr("No such file"));
    EXPECT_THAT(complaint_about("{credential: ../qq}", context),
                HasSubstr("not the name of a credential"));
    EXPECT_THAT(complaint_about("{credential: ..}", context),
                HasSubstr("not the name of a credential"));
    EXPECT_THAT(complaint_about("{credential: qq}", made_up_context()),
                HasSubstr("'qq': there is no $CREDENTIALS_DIRECTORY"));
}

TEST(ConfigSecrets, CredentialsLoadedAsAFolderAreKnownByTheirFilesNames) {
    PrivateFolder folder;
    folder.write("mailprobed_qq", "canary-secret\n", 0400);
    folder.write("mailprobed_gmail", "not this\n", 0400);
    folder.write("gmail", "canary-secret\n", 0400);
    LoadContext context = made_up_context();
    context.credentials_directory = folder.path().string();
    EXPECT_EQ(password_from("{credential: qq}", context), Secret(kCanary));
    EXPECT_EQ(password_from("{credential: mailprobed_qq}", context), Secret(kCanary));
    EXPECT_EQ(password_from("{credential: gmail}", context), Secret(kCanary));
}

TEST(ConfigSecrets, EnvironmentIsAsked) {
    const LoadContext context = made_up_context({{"PW", kCanary}, {"NOTHING", ""}});
    EXPECT_EQ(password_from("{env: PW}", context), Secret(kCanary));
    EXPECT_THAT(complaint_about("{env: OTHER}", context), HasSubstr("'OTHER' is not set"));
    EXPECT_THAT(complaint_about("{env: NOTHING}", context), HasSubstr("is an empty password"));
    EXPECT_THAT(complaint_about("{env: canary-secret}", context), HasSubstr("this is not set"));
}

TEST(ConfigSecrets, CommandRunsWithoutShell) {
    const LoadContext context = made_up_context();
    EXPECT_EQ(password_from("{command: [printf, '%s', canary-secret]}", context), Secret(kCanary));
    EXPECT_EQ(password_from("{command: [echo, '$HOME;', '`id`']}", context), Secret("$HOME; `id`"));
}

TEST(ConfigSecrets, CommandThatFailsIsToldWithoutItsArgumentsAndOutput) {
    const LoadContext context = made_up_context();
    EXPECT_THAT(
        complaint_about("{command: [sh, -c, 'echo canary-secret; echo canary-secret >&2; exit 3']}",
                        context),
        AllOf(HasSubstr("'sh' exited with status 3"), HasSubstr("try it by hand")));
    EXPECT_THAT(complaint_about("{command: [sh, -c, 'kill -9 $$', canary-secret]}", context),
                HasSubstr("was ended by signal 9"));
    EXPECT_THAT(complaint_about("{command: [/does/not/exist, canary-secret]}", context),
                HasSubstr("cannot be started: No such file"));
    EXPECT_THAT(complaint_about("{command: ['true']}", context), HasSubstr("is an empty password"));
    EXPECT_THAT(complaint_about("{command: []}", context), HasSubstr("names no program"));
    EXPECT_THAT(complaint_about("{command: pass show canary-secret}", context),
                HasSubstr("expected a list such as"));
    EXPECT_THAT(complaint_about("{command: [sh, -c, 'head -c 100000 /dev/zero']}", context),
                HasSubstr("printed more than 65536 bytes"));
}

TEST(ConfigSecrets, OnlyWhatACommandDoesMayPassByItself) {
    const auto passing = [](const std::string& password, const std::string& more = {}) {
        const LoadedConfig loaded =
            load_text(more + replaced(minimal_config(), "canary-one", password));
        EXPECT_FALSE(loaded.problems.empty()) << password;
        return std::ranges::all_of(loaded.problems, &ConfigProblem::passing);
    };
    EXPECT_TRUE(passing("{command: ['false']}"));
    EXPECT_TRUE(passing("{command: [/does/not/exist]}"));
    EXPECT_TRUE(passing("{command: ['true']}")) << "prints nothing";
    EXPECT_FALSE(passing("{command: ['false']}", "nonsense: 1\n"));
    EXPECT_FALSE(passing("{command: []}"));
    EXPECT_FALSE(passing("{command: ['false'], file: secret}"));
    EXPECT_FALSE(passing("{file: /does/not/exist}"));
    EXPECT_FALSE(passing("{env: OTHER}"));
}

/// True once the process is gone or only waits to be reaped by whoever inherited it.
bool ended_soon(const std::string& process) {
    const auto give_up = std::chrono::steady_clock::now() + 10s;
    while (std::chrono::steady_clock::now() < give_up) {
        std::ifstream file("/proc/" + process + "/stat");
        std::string number;
        std::string name;
        std::string state;
        if (!(file >> number >> name >> state) || state == "Z") return true;
        std::this_thread::yield();
    }
    return false;
}

TEST(ConfigSecrets, CommandThatHangsIsKilledWithItsChildren) {
    PrivateFolder folder;
    const std::string child = (folder.path() / "child").string();
    const auto start = std::chrono::steady_clock::now();
    const CommandResult result = run_command(
        {"sh", "-c", "sleep 60 & echo $! > " + child + "; echo canary-secret; wait"}, 1s);
    EXPECT_THAT(result.failure, HasSubstr("still ran after 1000 ms"));
    EXPECT_TRUE(result.output.empty());
    EXPECT_LT(std::chrono::steady_clock::now() - start, 10s);
    std::string process = file_content(child);
    ASSERT_TRUE(process.ends_with('\n'));
    process.pop_back();
    EXPECT_TRUE(ended_soon(process));
}

TEST(ConfigSecrets, CommandEndsWithItsProgramEvenIfAChildKeepsThePipe) {
    const auto start = std::chrono::steady_clock::now();
    const CommandResult result = run_command({"sh", "-c", "sleep 5 & echo canary-secret"}, 10s);
    EXPECT_EQ(result.failure, "");
    EXPECT_EQ(result.output, Secret("canary-secret\n"));
    EXPECT_LT(std::chrono::steady_clock::now() - start, 4s);
}

TEST(ConfigSecrets, CommandNamedTwiceRunsOnce) {
    PrivateFolder folder;
    const std::string log = (folder.path() / "runs").string();
    EXPECT_EQ(password_from("{command: [sh, -c, 'echo x >> " + log + "; echo canary-secret']}",
                            made_up_context()),
              Secret(kCanary));
    EXPECT_EQ(file_content(log), "x\n");
}

TEST(ConfigSecrets, InlinePasswordWorksWithAWarningThatDoesNotRepeatIt) {
    const LoadedConfig loaded = load_text(minimal_config());
    EXPECT_EQ(messages(loaded.problems), "");
    ASSERT_EQ(loaded.warnings.size(), 2u);
    EXPECT_EQ(loaded.warnings[0].line, 4);
    EXPECT_EQ(loaded.warnings[0].column, 46);
    EXPECT_THAT(messages(loaded.warnings),
                AllOf(HasSubstr("`smtp.password` of account 'me'"), HasSubstr("{file: PATH}"),
                      Not(HasSubstr("canary"))));
}

TEST(ConfigSecrets, TagKeyNeedsThirtyTwoBytesAndCountsEach) {
    PrivateFolder folder;
    const auto load = [&](const std::string& content, const std::string& source = "file") {
        LoadContext context = made_up_context({{"KEY", content}});
        context.credentials_directory = folder.path().string();
        const std::string path = folder.write("key", content);
        const std::string value = source == "file" ? path : source == "env" ? "KEY" : "key";
        return load_config_text("tag_key: {" + source + ": " + value + "}\n" + minimal_config(),
                                "test.yaml", context);
    };
    const std::string binary = std::string(15, '\0') + "\r\n" + std::string(14, '\xff') + "\n";
    EXPECT_EQ(messages(load(binary).problems), "");
    EXPECT_EQ(load(binary).settings.tag_key, Secret(binary));
    EXPECT_EQ(load(binary, "credential").settings.tag_key, Secret(binary));
    EXPECT_THAT(messages(load(std::string(31, 'k')).problems),
                AllOf(HasSubstr("test.yaml:1:17: `tag_key.file`"), HasSubstr("holds only 31 bytes"),
                      HasSubstr("openssl rand -hex 32")));
    EXPECT_THAT(messages(load(std::string(40, 'k'), "env").problems),
                HasSubstr("expected `file`, `credential` or `previous`"));
}

TEST(ConfigSecrets, AnOldTagKeyStandsOnlyBesideAnotherOneOfToday) {
    PrivateFolder folder;
    const std::string now = folder.write("now", std::string(32, 'n'));
    const std::string same = folder.write("same", std::string(32, 'n'));
    const std::string old = folder.write("old", std::string(32, 'o'));
    const std::string brief = folder.write("brief", std::string(31, 'b'));
    const auto load = [](const std::string& keys) {
        return load_text("tag_key: {" + keys + "}\n" + minimal_config());
    };
    const LoadedConfig good = load("file: " + now + ", previous: {file: " + old + "}");
    EXPECT_EQ(messages(good.problems), "");
    EXPECT_EQ(good.settings.tag_key, Secret(std::string(32, 'n')));
    EXPECT_EQ(good.settings.previous_tag_key, Secret(std::string(32, 'o')));
    EXPECT_THAT(good.masked, HasSubstr("tag_key: <secret>  # from file " + now +
                                       ", the previous one from file " + old + "\n"));
    EXPECT_THAT(messages(load("file: " + now + ", previous: {file: " + same + "}").problems),
                HasSubstr("`tag_key.previous` is the same key as `tag_key`"));
    EXPECT_THAT(messages(load("previous: {file: " + old + "}").problems),
                HasSubstr("`tag_key` names no source"));
    EXPECT_THAT(messages(load("file: " + now + ", previous: {file: " + brief + "}").problems),
                HasSubstr("`tag_key.previous.file` holds only 31 bytes"));
}

}  // namespace
}  // namespace mailprobed::test
