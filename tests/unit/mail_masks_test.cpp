// SPDX-License-Identifier: Apache-2.0
// What mails say passes the masker as what servers say does.
#include "probes/monitor/mail_masks.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace mailprobed {
namespace {

std::shared_ptr<const Settings> settings_with(std::size_t accounts, const std::string& word) {
    auto settings = std::make_shared<Settings>();
    for (std::size_t i = 0; i < accounts; ++i) {
        AccountSettings account;
        account.name = "a" + std::to_string(i);
        account.smtp.emplace().password = Secret(word + "-smtp-" + std::to_string(i) + ".");
        account.pop3.emplace().password = Secret(word + "-pop3-" + std::to_string(i) + ".");
        settings->accounts.push_back(std::move(account));
    }
    return settings;
}

ProbeSettings route(const char* from, const char* to) {
    ProbeSettings probe;
    probe.from = from;
    probe.to = to;
    return probe;
}

TEST(MailMasks, PasswordsOfAllAccountsAreHiddenInMails) {
    MailMasks masks;
    const auto settings = settings_with(3, "Geheim");
    const std::string text = "by auth-Geheim-smtp-0.relay.test; <geheim-pop3-2.> Geheim%2Dsmtp-1.";
    EXPECT_EQ(masks.masked(text, settings, route("a0", "a1")),
              "by auth-<secret>relay.test; <<secret>> <secret>");
    EXPECT_EQ(masks.masked("", settings, route("a0", "a1")), "");
}

TEST(MailMasks, AReloadAddsPasswordsAndThoseBeforeStayHidden) {
    MailMasks masks;
    const ProbeSettings probe = route("a0", "a0");
    EXPECT_EQ(masks.masked("Geheim-smtp-0.", settings_with(1, "Geheim"), probe), "<secret>");
    const auto after = settings_with(1, "Neues!");
    EXPECT_EQ(masks.masked("Geheim-smtp-0. Neues!-pop3-0.", after, probe), "<secret> <secret>");
}

TEST(MailMasks, AmongManyAccountsThoseOfTheRouteAreHidden) {
    MailMasks masks;
    const auto settings = settings_with(1000, "Geheim");
    EXPECT_EQ(masks.masked("x Geheim-smtp-900. y Geheim-pop3-7. z", settings, route("a900", "a7")),
              "x <secret> y <secret> z");
}

}  // namespace
}  // namespace mailprobed
