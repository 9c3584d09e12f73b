// SPDX-License-Identifier: Apache-2.0
// A rejected login pauses ever longer, so that no account gets locked; a success ends that.
#include "probes/domain/plan/backoff.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace mailprobed {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

const Instant kNow{hours{1}};

/// The pauses of logins that are tried whenever allowed and always rejected.
std::vector<Duration> pauses(AuthBackoff& backoff, int times) {
    std::vector<Duration> result;
    Instant now = kNow;
    for (int i = 0; i < times; ++i) {
        backoff.rejected(now);
        result.push_back(backoff.until() - now);
        now = backoff.until();
    }
    return result;
}

TEST(AuthBackoff, NothingIsHeldBackBeforeARejection) {
    const AuthBackoff backoff;
    EXPECT_TRUE(backoff.allows(kNow));
    EXPECT_TRUE(backoff.allows(Instant{}));
    EXPECT_EQ(backoff.until(), Instant::min());
}

TEST(AuthBackoff, PausesDoubleFromFiveMinutesToFourHours) {
    AuthBackoff backoff;
    const std::vector<Duration> expected{minutes{5},   minutes{10},  minutes{20},
                                         minutes{40},  minutes{80},  minutes{160},
                                         minutes{240}, minutes{240}, minutes{240}};
    EXPECT_EQ(pauses(backoff, 9), expected);
}

TEST(AuthBackoff, NoLoginIsAllowedBeforeThePauseIsOver) {
    AuthBackoff backoff;
    backoff.rejected(kNow);
    EXPECT_FALSE(backoff.allows(kNow));
    EXPECT_FALSE(backoff.allows(kNow + minutes{5} - milliseconds{1}));
    EXPECT_TRUE(backoff.allows(kNow + minutes{5}));
}

TEST(AuthBackoff, ASuccessForgetsAllPauses) {
    AuthBackoff backoff;
    pauses(backoff, 6);
    backoff.succeeded();
    EXPECT_TRUE(backoff.allows(kNow));
    EXPECT_EQ(backoff.until(), Instant::min());
    EXPECT_EQ(pauses(backoff, 2), (std::vector<Duration>{minutes{5}, minutes{10}}));
}

TEST(AuthBackoff, LoginsUnderWayAtTheFirstRejectionCountAsOne) {
    AuthBackoff backoff;
    for (int i = 0; i < 20; ++i)
        backoff.rejected(kNow + seconds{i});
    EXPECT_EQ(backoff.until(), kNow + minutes{5});
}

TEST(AuthBackoff, AWeekOfRejectionsIsFewLogins) {
    AuthBackoff backoff;
    int logins = 0;
    // A probe that would log in every second.
    for (Instant now = kNow; now < kNow + hours{24 * 7}; now += seconds{1}) {
        if (!backoff.allows(now)) continue;
        ++logins;
        backoff.rejected(now);
    }
    EXPECT_LE(logins, 7 * 6 + 6);
}

/// The pauses of conversations, each of which begins when the one before allows it and ends by
/// `how`; a conversation takes a second.
std::vector<Duration> pauses(AuthBackoff& backoff, LoginEnd how, int times) {
    std::vector<Duration> result;
    Instant began = kNow;
    for (int i = 0; i < times; ++i) {
        const Instant ended = began + seconds{1};
        backoff.ended(how, began, ended);
        result.push_back(backoff.allows(ended) ? Duration::zero() : backoff.until() - ended);
        began = std::max(ended, backoff.until());
    }
    return result;
}

TEST(AuthBackoff, HangingUpAtThePasswordTwiceInARowPauses) {
    AuthBackoff fresh;
    EXPECT_EQ(pauses(fresh, LoginEnd::hung_up, 9),
              (std::vector<Duration>{Duration{}, minutes{5}, minutes{10}, minutes{20}, minutes{40},
                                     minutes{80}, minutes{160}, hours{4}, hours{4}}));
    AuthBackoff worked;
    worked.succeeded();
    EXPECT_EQ(pauses(worked, LoginEnd::hung_up, 6),
              (std::vector<Duration>{Duration{}, minutes{5}, minutes{10}, minutes{20}, minutes{30},
                                     minutes{30}}));
}

TEST(AuthBackoff, HangingUpOnceInAWhileNeverPauses) {
    for (const LoginEnd between : {LoginEnd::worked, LoginEnd::locked}) {
        AuthBackoff backoff;
        Instant now = kNow;
        for (int i = 0; i < 20; ++i) {
            backoff.ended(LoginEnd::hung_up, now, now + seconds{1});
            EXPECT_TRUE(backoff.allows(now + seconds{1}));
            backoff.ended(between, now + seconds{2}, now + seconds{3});
            now += seconds{4};
        }
    }
}

TEST(AuthBackoff, AServerThatRestartsHangsUpOnAllConversationsAtOnce) {
    AuthBackoff backoff;
    for (int i = 0; i < 20; ++i)
        backoff.ended(LoginEnd::hung_up, kNow + milliseconds{i}, kNow + seconds{1});
    EXPECT_TRUE(backoff.allows(kNow + seconds{1}));
    backoff.ended(LoginEnd::hung_up, kNow + seconds{2}, kNow + seconds{3});
    EXPECT_FALSE(backoff.allows(kNow + seconds{3}));
}

TEST(AuthBackoff, WordsOfALimitPauseAsLongAsARejection) {
    AuthBackoff backoff;
    EXPECT_EQ(pauses(backoff, LoginEnd::too_often, 3),
              (std::vector<Duration>{minutes{5}, minutes{10}, minutes{20}}));
    AuthBackoff off(Duration::zero());
    EXPECT_EQ(pauses(off, LoginEnd::too_often, 2), (std::vector<Duration>{{}, {}}));
}

TEST(AuthBackoff, ALockAndWhatSaysNothingOfThePasswordNeverPause) {
    AuthBackoff backoff;
    EXPECT_EQ(pauses(backoff, LoginEnd::locked, 3), (std::vector<Duration>{{}, {}, {}}));
    EXPECT_EQ(pauses(backoff, LoginEnd::untold, 3), (std::vector<Duration>{{}, {}, {}}));
    // Whatever the refusal is called.
    EXPECT_EQ(pauses(backoff, LoginEnd::refused, 2),
              (std::vector<Duration>{minutes{5}, minutes{10}}));
}

TEST(AuthBackoff, TheFifthExcuseInARowForAPasswordThatNeverWorkedIsNotBelieved) {
    for (const LoginEnd excuse : {LoginEnd::locked, LoginEnd::too_often}) {
        AuthBackoff backoff;
        for (int i = 0; i < 4; ++i) {
            EXPECT_EQ(backoff.trust(), WordTrust::all) << i;
            pauses(backoff, excuse, 1);
            pauses(backoff, LoginEnd::untold, 1);
        }
        EXPECT_EQ(backoff.trust(), WordTrust::none);
        // What is not believed is refused, and changes nothing of that.
        backoff.ended(LoginEnd::refused, kNow, kNow);
        EXPECT_EQ(backoff.trust(), WordTrust::none);
        backoff.ended(LoginEnd::worked, kNow, kNow);
        EXPECT_EQ(backoff.trust(), WordTrust::all);
    }
}

TEST(AuthBackoff, APasswordThatWorkedIsExcusedByALockForEverAndByAProxyNineTimes) {
    AuthBackoff backoff;
    backoff.ended(LoginEnd::worked, kNow, kNow);
    for (int i = 0; i < 9; ++i) {
        EXPECT_EQ(backoff.trust(), WordTrust::all) << i;
        backoff.ended(LoginEnd::locked, kNow, kNow);
    }
    for (int i = 0; i < 100; ++i) {
        EXPECT_EQ(backoff.trust(), WordTrust::certain);
        backoff.ended(LoginEnd::locked, kNow, kNow);
    }
}

TEST(AuthBackoff, TheSameUserAtTheSamePortIsOneLogin) {
    const Endpoint one{"mail.example.org", 465, TlsMode::implicit, "", true, IpFamily::any, ""};
    Endpoint other_way = one;
    other_way.ip_family = IpFamily::v6;
    other_way.source_address = "::1";
    Endpoint other_port = one;
    other_port.port = 587;
    EXPECT_EQ(login_key(one, "u"), login_key(other_way, "u"));
    EXPECT_NE(login_key(one, "u"), login_key(other_port, "u"));
    EXPECT_NE(login_key(one, "u"), login_key(one, "v"));
}

}  // namespace
}  // namespace mailprobed
