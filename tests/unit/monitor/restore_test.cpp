// SPDX-License-Identifier: Apache-2.0
// What becomes of mails that nobody will look for after a restart.
#include "probes/monitor/restore.hpp"

#include <gtest/gtest.h>

namespace mailprobed {
namespace {

constexpr WallTime kNow{std::chrono::hours{500'000}};

MailState left_with(Progress progress) {
    MailState mail;
    mail.mail = 7;
    mail.probe = "gone";
    mail.progress = progress;
    mail.attempt = 2;
    if (progress == Progress::retry) {
        mail.failure = StageCause{Stage::envelope, Cause::rejected_transient};
        mail.detail = "450 4.2.0 later";
    }
    return mail;
}

TEST(LeftOver, AMailThatTheServerMayHaveIsUnobserved) {
    for (const Progress progress :
         {Progress::intended, Progress::accepted, Progress::unconfirmed}) {
        const auto record = verdict_if_unwatched(Settings{}, nullptr, left_with(progress), kNow);
        ASSERT_TRUE(record);
        EXPECT_EQ(record->judgement.verdict, Verdict::unobserved);
        EXPECT_FALSE(record->judged.refused);
        EXPECT_EQ(record->judged.mail, 7U);
    }
}

TEST(LeftOver, AMailThatWasRefusedFailsByThatRefusal) {
    const auto record = verdict_if_unwatched(Settings{}, nullptr, left_with(Progress::retry), kNow);
    ASSERT_TRUE(record);
    EXPECT_EQ(record->judgement.verdict, Verdict::send_failed);
    EXPECT_EQ(record->judgement.failure, (StageCause{Stage::envelope, Cause::rejected_transient}));
    EXPECT_EQ(record->judgement.detail, "450 4.2.0 later");
    EXPECT_EQ(record->judgement.attempt, 2);
    EXPECT_TRUE(record->judged.refused);
}

}  // namespace
}  // namespace mailprobed
