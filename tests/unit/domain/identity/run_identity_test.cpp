// SPDX-License-Identifier: Apache-2.0
// Which daemon sent a mail, and whether the clock may be believed.
#include "probes/domain/identity/run_identity.hpp"

#include "probes/domain/ledger/wall_watch.hpp"

#include <gtest/gtest.h>

namespace mailprobed {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr WallTime kEnd{hours{500'000}};

Tag sent_by(std::uint32_t run, WallTime at) {
    Tag tag;
    tag.run = run;
    tag.sent_ms =
        static_cast<std::uint64_t>(std::chrono::floor<milliseconds>(at.time_since_epoch()).count());
    return tag;
}

TEST(RunIdentity, MailsOfOwnRunsAndOfVersionsThatNamedNoneMayBeOurs) {
    const RunIdentity runs(7, {{5, kEnd}, {6, kEnd + hours{1}}, {5, kEnd - hours{9}}});
    EXPECT_TRUE(runs.may_have_sent(sent_by(7, kEnd + days{9})));
    EXPECT_TRUE(runs.may_have_sent(sent_by(0, kEnd + days{9})));
    EXPECT_TRUE(runs.may_have_sent(sent_by(5, kEnd - days{9})));
    EXPECT_TRUE(runs.may_have_sent(sent_by(5, kEnd)));
    EXPECT_FALSE(runs.may_have_sent(sent_by(8, kEnd)));
}

// The machine was cloned with its ledger: the other one goes on with the run that both know.
TEST(RunIdentity, AMailThatARunOfTheLedgerSentAfterItsEndIsOfACopyOfThisDaemon) {
    const RunIdentity runs(7, {{5, kEnd}});
    EXPECT_TRUE(runs.may_have_sent(sent_by(5, kEnd)));
    EXPECT_FALSE(runs.may_have_sent(sent_by(5, kEnd + seconds{2})));
}

TEST(WallWatch, TellsStepsOfMoreThanASecondAndNoDrift) {
    WallWatch watch;
    Instant boot{hours{1}};
    WallTime wall = kEnd;
    EXPECT_FALSE(watch.read(boot, wall));
    for (int i = 0; i < 1000; ++i) {
        boot += seconds{1};
        wall += milliseconds{1010};
        ASSERT_FALSE(watch.read(boot, wall)) << i;
    }
    EXPECT_EQ(watch.read(boot, wall + hours{1}), hours{1});
    EXPECT_EQ(watch.read(boot, wall), -hours{1});
    EXPECT_FALSE(watch.read(boot, wall - milliseconds{900}));
}

TEST(WallWatch, AClockIsSureOnlyWhenItWentUnsetForMinutes) {
    WallWatch watch;
    const Instant start{hours{1}};
    EXPECT_FALSE(watch.sure());
    for (int minute = 0; minute < 5; ++minute) {
        watch.read(start + minutes{minute}, kEnd + minutes{minute});
        EXPECT_FALSE(watch.sure()) << minute;
    }
    watch.read(start + minutes{5}, kEnd + minutes{5});
    EXPECT_EQ(watch.sure(), kEnd + minutes{5});
    watch.read(start + minutes{6}, kEnd + days{40});
    EXPECT_FALSE(watch.sure());
    watch.read(start + minutes{7}, kEnd + minutes{7});
    EXPECT_FALSE(watch.sure());
    watch.read(start + minutes{12}, kEnd + minutes{12});
    EXPECT_TRUE(watch.sure());
}

}  // namespace
}  // namespace mailprobed
