// SPDX-License-Identifier: Apache-2.0
// What a person who waits for `once` is told.
#include "daemon/commands/mail_progress.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mailprobed::daemon_test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::EndsWith;
using ::testing::HasSubstr;

class Waiting : public testing::Test {
  protected:
    std::string line(std::optional<Duration> next = {}) {
        std::optional<Instant> at;
        if (next) at = now + *next;
        return progress.line(now, at);
    }
    void stage(Stage which, std::optional<Cause> cause = {}) {
        progress.on(StageDone{"qq", 1, which, milliseconds{5}, cause});
    }
    void look(std::optional<StageCause> failure = {}) {
        LookDone fact;
        fact.complete = !failure;
        fact.failure = failure;
        progress.on(fact);
    }

    Instant start{seconds{50}};
    Instant now = start;
    MailProgress progress{"qq", TlsMode::implicit, seconds{300}, start};
};

TEST_F(Waiting, TheStageOfSendingIsTheOneAfterTheLastThatEnded) {
    EXPECT_EQ(line(), "qq: sending: resolve, 0 s");
    stage(Stage::resolve);
    stage(Stage::connect);
    now += seconds{2};
    EXPECT_EQ(line(), "qq: sending: tls, 2 s");
    stage(Stage::data);
    EXPECT_EQ(line(), "qq: sending: accept, 2 s");
    EXPECT_EQ(progress.fate(), "the mail was not accepted so far");
}

TEST_F(Waiting, LooksAreCountedAndTheNextOneIsTold) {
    stage(Stage::accept);
    now += seconds{12};
    EXPECT_EQ(line(), "qq: waiting: 12 s of 300 s, 0 looks");
    EXPECT_EQ(progress.line(now, Instant::max()), "qq: waiting: 12 s of 300 s, 0 looks");
    look();
    EXPECT_EQ(line(seconds{4}), "qq: waiting: 12 s of 300 s, 1 look, next in 4 s");
    progress.on(LookStageDone{"qq", Stage::connect, {}, {}});
    EXPECT_EQ(line(seconds{4}), "qq: waiting: 12 s of 300 s, 1 look, looking now");
    look(StageCause{Stage::auth, Cause::auth_rejected});
    EXPECT_THAT(line(), EndsWith("2 looks; the last look failed (auth auth_rejected)"));
    look();
    stage(Stage::quit);
    EXPECT_EQ(line(), "qq: waiting: 12 s of 300 s, 3 looks");
    EXPECT_THAT(progress.fate(), HasSubstr("on its way"));
}

TEST_F(Waiting, LooksForReportsIntoTheSendersMailboxAreNoLooksForTheMail) {
    MailProgress waiting{"qq", TlsMode::implicit, seconds{300}, start, "home"};
    waiting.on(StageDone{"qq", 1, Stage::accept, milliseconds{5}, {}});
    LookDone fact;
    fact.mailbox = "home";
    waiting.on(LookStageDone{"home", Stage::connect, {}, {}});
    EXPECT_EQ(waiting.line(now, {}), "qq: waiting: 0 s of 300 s, 0 looks");
    waiting.on(fact);
    EXPECT_EQ(waiting.line(now, {}), "qq: waiting: 0 s of 300 s, 0 looks");
}

TEST_F(Waiting, AFailureIsToldAsWhatItMeansForTheMail) {
    stage(Stage::auth, Cause::auth_rejected);
    EXPECT_EQ(line(), "qq: sending failed (auth auth_rejected), 0 s");
    stage(Stage::accept, Cause::eof);
    EXPECT_THAT(line(), EndsWith("; no answer to the final dot (accept eof)"));
}

TEST_F(Waiting, ARefusedAttemptIsFollowedByAnother) {
    stage(Stage::envelope, Cause::rejected_transient);
    progress.on(AttemptRefused{"qq", 1, {Stage::envelope, Cause::rejected_transient}});
    EXPECT_EQ(line(),
              "qq: refused for now (envelope rejected_transient), another attempt follows, 0 s");
    stage(Stage::resolve);
    EXPECT_EQ(line(), "qq: sending: connect, 0 s");
}

}  // namespace
}  // namespace mailprobed::daemon_test
