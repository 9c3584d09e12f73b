// SPDX-License-Identifier: Apache-2.0
// Words without a code are taken for a lock or a limit only if they are known and blame neither
// account nor password.
#include "probes/wire/pop3/login_words.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace mailprobed {
namespace {

const std::vector<std::string> kLocks{
    "maildrop already locked",
    "Your mailbox is already locked",
    "Your mailbox is already locked by another POP3 session",
    "unable to lock maildrop",
    "Unable to lock maildrop",
    "Can't get lock.  Mailbox in use",
    "Maildrop lock busy!  Is another session active?",
    "Mailbox locked.",
    "Mailbox locked by POP server.",
    "Mailbox is locked by another process",
    "Maildrop is locked by someone else!",
    "mailbox is in use",
    "Mailbox is already in use.",
    "mailbox is currently used",
    "Mailbox busy. Try again later.",
    "MAILBOX ALREADY OPENED BY ANOTHER CLIENT",
    "cannot lock mailbox, try later",
    "Login failed: mailbox is locked by another POP3 session",
    "your INBOX is in use by another session",
};

const std::vector<std::string> kLimits{
    "Exceeded the login limit for a 15 minute period. Reduce the frequency of requests to the "
    "POP3 server.",
    "Login frequency limited",
    "login too frequently",
    "too many connections from your address",
    "Too many simultaneous connections. (Failure)",
    "Too many simultaneous logins. (Failure)",
    "Maximum number of connections from user+IP exceeded (mail_max_userip_connections=10)",
    "Maximum connection limit reached",
    "Too many login attempts, please try again later",
    "Logins must be at least 5 minutes apart",
    "minimum time between logins is 15 minutes",
};

// What each of them must not be taken for any longer.
const std::vector<std::string> kBlame{
    "account %",
    "the account is closed; %",
    "password incorrect or %",
    "invalid credentials; %",
    "%: authentication failed",
    "%: too many failed login attempts",
    "% after 5 failed logins",
    "% by the administrator",
    "% for user name bob",
    "wrong user or %",
    "Passwort falsch, %",
    "\xe5\xaf\x86\xe7\xa0\x81\xe9\x94\x99\xe8\xaf\xaf, %",
};

TEST(LoginWords, KnownWordsOfALockNameTheMailbox) {
    for (const std::string& text : kLocks)
        EXPECT_EQ(login_words(text), LoginWords::locked) << text;
}

TEST(LoginWords, KnownWordsOfALimitNameHowOftenLoginsCome) {
    for (const std::string& text : kLimits)
        EXPECT_EQ(login_words(text), LoginWords::too_often) << text;
}

TEST(LoginWords, WhereAccountPasswordOrFailedAttemptsAreNamedTheWordsDoNotCount) {
    std::vector<std::string> all = kLocks;
    all.insert(all.end(), kLimits.begin(), kLimits.end());
    for (const std::string& text : all) {
        for (std::string blame : kBlame) {
            blame.replace(blame.find('%'), 1, text);
            EXPECT_EQ(login_words(blame), LoginWords::none) << blame;
        }
    }
}

TEST(LoginWords, OtherRefusalsAreNotTakenForALock) {
    for (const char* text :
         {"",
          "invalid password",
          "account locked",
          "account is locked",
          "user is locked",
          "locked",
          "in use",
          "login failed",
          "authentication failed",
          "too many failed logins",
          "too many failures",
          "mailbox does not exist",
          "no such mailbox",
          "mailbox is full",
          "mailbox disabled",
          "mailbox suspended",
          "mailbox unlocked",
          "sorry, no mailbox for bob",
          "please wait",
          "access is locked for your IP",
          "Login fail. Account is abnormal, service is not open, password is incorrect, login "
          "frequency limited, or system is busy.",
          "Re-Authentication Failure of your password"}) {
        EXPECT_EQ(login_words(text), LoginWords::none) << text;
    }
}

TEST(LoginWords, AProxysWordForEverythingIsTakenForEither) {
    EXPECT_EQ(login_words("Re-Authentication Failure"), LoginWords::either);
    EXPECT_EQ(login_words("re-authentication failure."), LoginWords::either);
}

TEST(LoginWords, NoOctetsAndNoLengthUpsetIt) {
    std::string octets;
    for (int i = 0; i < 256; ++i)
        octets += static_cast<char>(i);
    EXPECT_EQ(login_words(octets), LoginWords::none);
    EXPECT_EQ(login_words(std::string(100'000, 'x') + " maildrop already locked"),
              LoginWords::none);
    EXPECT_EQ(login_words("*"), LoginWords::none);
}

}  // namespace
}  // namespace mailprobed
