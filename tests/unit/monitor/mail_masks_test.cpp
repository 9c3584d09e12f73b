// SPDX-License-Identifier: Apache-2.0
// What mails say passes the masker as what servers say does.
#include "probes/monitor/mail_masks.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace mailprobed {
namespace {

std::shared_ptr<const Settings> settings_with(std::size_t accounts, const std::string& word) {
    auto settings = std::make_shared<Settings>();
    for (std::size_t i = 0; i < accounts; ++i) {
        AccountSettings account;
        account.name = "a" + std::to_string(i);
        account.smtp.emplace().password = Secret(word + "-smtp-" + std::to_string(i) + ".");
        account.mailbox.emplace().password = Secret(word + "-pop3-" + std::to_string(i) + ".");
        settings->accounts.push_back(std::move(account));
    }
    return settings;
}

RouteMasks::Accounts named(std::vector<std::string> names) {
    return [names = std::move(names)] { return names; };
}

TEST(MailMasks, PasswordsOfAllAccountsAreHiddenInMails) {
    MailMasks all;
    RouteMasks masks(all, settings_with(3, "Geheim"), named({"a0", "a1"}));
    const std::string text = "by auth-Geheim-smtp-0.relay.test; <geheim-pop3-2.> Geheim%2Dsmtp-1.";
    EXPECT_EQ(masks.masked(text), "by auth-<secret>relay.test; <<secret>> <secret>");
    EXPECT_EQ(masks.masked(""), "");
    EXPECT_EQ(masks.masked("Geheim-smt", true), "<secret>") << "cut there";
}

TEST(MailMasks, AReloadAddsPasswordsAndThoseBeforeStayHidden) {
    MailMasks all;
    RouteMasks before(all, settings_with(1, "Geheim"), named({"a0"}));
    EXPECT_EQ(before.masked("Geheim-smtp-0."), "<secret>");
    RouteMasks after(all, settings_with(1, "Neues!"), named({"a0"}));
    EXPECT_EQ(after.masked("Geheim-smtp-0. Neues!-pop3-0."), "<secret> <secret>");
    EXPECT_EQ(before.masked("Neues!-pop3-0."), "<secret>") << "a session that began before";
}

TEST(MailMasks, AmongManyAccountsThoseOfTheRouteAreHidden) {
    MailMasks all;
    RouteMasks masks(all, settings_with(1000, "Geheim"), named({"a900", "a7", "gone"}));
    EXPECT_EQ(masks.masked("x Geheim-smtp-900. y Geheim-pop3-7. z"), "x <secret> y <secret> z");
    EXPECT_EQ(masks.masked("Geheim-smtp-900. Geheim-pop3-7."), "<secret> <secret>");
}

}  // namespace
}  // namespace mailprobed
