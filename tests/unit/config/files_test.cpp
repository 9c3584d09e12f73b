// SPDX-License-Identifier: Apache-2.0
// The configurations that are shipped load clean.
#include "config/load/keys.hpp"
#include "tests/support/config_support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

namespace mailprobed::test {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

TEST(ConfigFiles, ExampleLoadsWithoutErrorAndWithoutWarning) {
    PrivateFolder folder;
    for (const char* name : {"qq", "office"})
        folder.write(name, "password\n");
    folder.write("tag-key", std::string(64, 'k'));
    LoadContext context = made_up_context();
    context.credentials_directory = folder.path().string();
    const LoadedConfig loaded =
        load_config(source_file("config/mailprobed.example.yaml").string(), context);
    EXPECT_EQ(messages(loaded.problems), "");
    EXPECT_EQ(messages(loaded.warnings), "");
    EXPECT_EQ(loaded.settings.accounts.size(), 3u);
    EXPECT_EQ(loaded.settings.probes.size(), 3u);
}

TEST(ConfigFiles, ByHandTheFolderBesideTheFileHoldsTheCredentials) {
    PrivateFolder folder;
    const std::filesystem::path home = folder.path();
    const std::string main = (home / "mailprobed.yaml").string();
    ::unsetenv("CREDENTIALS_DIRECTORY");
    EXPECT_EQ(process_context(main).credentials_directory, "");
    std::filesystem::create_directory(home / "credentials");
    std::filesystem::create_directory(home / "other.credentials");
    EXPECT_EQ(process_context(main).credentials_directory, home / "credentials");
    EXPECT_EQ(process_context(home / "other.yaml").credentials_directory,
              home / "other.credentials");
    EXPECT_EQ(process_context(home / "third.yaml").credentials_directory, "");
    ::setenv("CREDENTIALS_DIRECTORY", "/run/credentials/unit", 1);
    EXPECT_EQ(process_context(main).credentials_directory, "/run/credentials/unit");
    ::unsetenv("CREDENTIALS_DIRECTORY");
}

TEST(ConfigFiles, OnlyFilesOfAFurtherUnitHaveItsName) {
    EXPECT_EQ(unit_instance("/etc/mailprobed/qq.yaml"), "qq");
    for (const char* other : {"/etc/mailprobed/mailprobed.yaml", "/etc/mailprobed/web.yml",
                              "/etc/mailprobed/old/qq.yaml", "qq.yaml", "/root/qq.yaml", ""}) {
        EXPECT_EQ(unit_instance(other), "") << other;
    }
}

TEST(ConfigFiles, ExampleMentionsEveryKey) {
    const std::string text = file_content(source_file("config/mailprobed.example.yaml"));
    for (const std::string& path : accepted_keys()) {
        const std::string key = path.substr(path.rfind('.') + 1);
        // What only weakens or ties to one machine is left to the documentation.
        if (key == "allow_plaintext_auth" || key == "tls_verify" || key == "source_address")
            continue;
        EXPECT_THAT(text, HasSubstr(key + ":"));
    }
}

TEST(ConfigFiles, DemoLoadsWithNothingButWarningsAboutItsPasswords) {
    PrivateFolder folder;
    const std::string ca = folder.write("ca.pem", "-----BEGIN CERTIFICATE-----\n");
    std::string text = file_content(source_file("config/demo.yaml"));
    for (std::size_t at = 0; (at = text.find("build/demo/ca.pem")) != std::string::npos;) {
        text.replace(at, std::string_view("build/demo/ca.pem").size(), ca);
    }
    const LoadedConfig loaded = load_text(text);
    EXPECT_EQ(messages(loaded.problems), "");
    EXPECT_EQ(loaded.warnings.size(), 8u) << messages(loaded.warnings);
    const Settings& s = loaded.settings;
    EXPECT_EQ(s.state_directory, "build/demo/state");
    EXPECT_EQ(s.web.listen, std::vector<std::string>{"127.0.0.1:10995"});
    ASSERT_EQ(s.probes.size(), 4u);
    for (const ProbeSettings& probe : s.probes) {
        EXPECT_GE(probe.interval, 2s);
        EXPECT_LE(probe.interval, 3s);
        EXPECT_GE(probe.deadline, 5s);
        EXPECT_LE(probe.deadline, 20s);
        EXPECT_EQ(probe.from, probe.name);
        EXPECT_EQ(probe.to, probe.name);
        const AccountSettings* account = s.account(probe.name);
        ASSERT_NE(account, nullptr);
        EXPECT_EQ(account->address, probe.name + "@demo.test");
        EXPECT_EQ(account->smtp->username, probe.name);
        EXPECT_EQ(account->smtp->password, Secret("in-the-open"));
        const bool healthy = probe.name == "healthy";
        EXPECT_EQ(account->smtp->server.port, healthy ? 2465 : 2525);
        EXPECT_EQ(account->mailbox->server.port, healthy ? 2995 : 2110);
        EXPECT_EQ(account->smtp->server.tls, healthy ? TlsMode::implicit : TlsMode::none);
    }
}

}  // namespace
}  // namespace mailprobed::test
