// SPDX-License-Identifier: Apache-2.0
// The masked view: complete, valid, without any secret.
#include "tests/support/config_support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mailprobed::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(ConfigMasked, NoSecretOfAnySourceIsShownButEachSourceIs) {
    PrivateFolder folder;
    LoadContext context = made_up_context({{"PW", "canary-env"}});
    context.credentials_directory = folder.path().string();
    folder.write("cred", "canary-credential");
    const std::string file = folder.write("pw", "canary-file");
    const std::string key = folder.write("key", "canary-key-canary-key-canary-key-canary");
    const LoadedConfig loaded =
        load_config_text("tag_key: {file: " + key +
                             "}\n"
                             "accounts:\n"
                             "  - name: a\n"
                             "    address: a@example.org\n"
                             "    smtp: {host: h, password: canary-inline}\n"
                             "    pop3: {host: h, password: {file: " +
                             file +
                             "}}\n"
                             "  - name: b\n"
                             "    address: b@example.org\n"
                             "    smtp: {host: h, password: {credential: cred}}\n"
                             "    pop3: {host: h, password: {env: PW}}\n"
                             "  - name: c\n"
                             "    address: c@example.org\n"
                             "    pop3: {host: h, password: {command: [echo, canary-command]}}\n"
                             "probes: [{name: p, from: a, to: b}]\n",
                         "test.yaml", context);
    EXPECT_EQ(messages(loaded.problems), "");
    EXPECT_THAT(loaded.masked, Not(HasSubstr("canary")));
    for (const std::string& line :
         {"tag_key: <secret>  # from file " + key,
          std::string("password: <secret>  # from file ") + file,
          std::string("password: <secret>  # from the configuration file"),
          std::string("password: <secret>  # from credential cred"),
          std::string("password: <secret>  # from environment variable PW"),
          std::string("password: <secret>  # from command echo\n")}) {
        EXPECT_THAT(loaded.masked, HasSubstr(line));
    }
}

TEST(ConfigMasked, MaskedViewLoadsAgainToTheSameSettings) {
    LoadContext context = made_up_context();
    PrivateFolder folder;
    folder.write("tag-key", std::string(32, 'k'));
    folder.write("qq", "x");
    folder.write("office", "y");
    context.credentials_directory = folder.path().string();
    const LoadedConfig first =
        load_config(source_file("config/mailprobed.example.yaml").string(), context);
    ASSERT_EQ(messages(first.problems), "");
    const std::string text = replaced(first.masked, "tag_key: <secret>  # from credential tag-key",
                                      "# no key in this round");
    LoadedConfig second = load_text(text);
    EXPECT_EQ(messages(second.problems), "");
    // All but the secrets themselves.
    Settings expected = first.settings;
    for (AccountSettings& account : expected.accounts) {
        if (account.smtp && !account.smtp->password.empty()) {
            account.smtp->password = Secret("<secret>");
        }
        if (account.mailbox) account.mailbox->password = Secret("<secret>");
    }
    EXPECT_EQ(second.settings.accounts, expected.accounts);
    EXPECT_EQ(second.settings.probes, expected.probes);
    EXPECT_EQ(second.settings.web, expected.web);
    EXPECT_EQ(second.settings.log, expected.log);
    EXPECT_EQ(second.settings.instance, expected.instance);
    EXPECT_EQ(second.settings.evidence, expected.evidence);
    EXPECT_EQ(second.settings.history, expected.history);
    EXPECT_EQ(second.settings.state_directory, expected.state_directory);
}

}  // namespace
}  // namespace mailprobed::test
