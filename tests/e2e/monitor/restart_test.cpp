// SPDX-License-Identifier: Apache-2.0
// Every verdict, every kind of evidence, and ways to get there: a restart of the daemon in the
// middle, in order or by SIGKILL, changes nothing of what the ledger says in the end.
#include "tests/e2e/monitor/restart_scene.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <future>

namespace mailprobed::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Faults strike mails of alice only; mails of the other probes come from carol.
std::string at_dot(const std::string& rest) {
    return "smtp DOT " + rest + " from=alice@test.invalid";
}

class Restart : public testing::Test {
  protected:
    static bool is_before_verdict(const std::string& cut) {
        return cut == "quit" || cut == "refused" || cut.starts_with("accept failed");
    }
    static void expect_same(const Row& row) {
        struct Run {
            std::string name;
            std::string cut;
            std::future<Left> left;
        };
        std::vector<Run> runs;
        const auto start = [&](const std::string& name, End end, const std::string& cut) {
            runs.push_back({name, cut, std::async(std::launch::async, play, row, end, cut)});
        };
        start("uninterrupted", End::none, "");
        for (const std::string& cut : row.cuts) {
            start("cancelled at " + cut, End::cancelled, cut);
            start("killed at " + cut, End::killed, cut);
        }
        std::string details;
        for (Run& run : runs) {
            const Left left = run.left.get();
            const std::string name = row.name + ", " + run.name;
            EXPECT_EQ(left.verdict, row.verdict) << name;
            EXPECT_EQ(left.evidence, row.evidence) << name;
            EXPECT_EQ(left.wrong, "") << name;
            EXPECT_EQ(left.told, 1 + std::ranges::count(row.evidence, ':')) << name;
            if (details.empty()) details = left.details;
            EXPECT_EQ(left.details, details) << name;
            // A restart before the verdict may widen the gap; it never makes one narrower.
            const bool may_widen = is_before_verdict(run.cut) && left.unmeasured;
            EXPECT_TRUE(may_widen || left.unmeasured == row.unmeasured) << name;
            EXPECT_EQ(left.uncertain, row.uncertain) << name;
        }
    }
};

TEST_F(Restart, ChangesNothingForADeliveredMail) {
    expect_same(
        {"delivered", {at_dot("delay_delivery delivery=1s")}, "delivered", "", {"quit", "judged"}});
}

TEST_F(Restart, ChangesNothingForAMailWhoseAnswerWasLostButThatArrived) {
    expect_same({"unconfirmed and delivered",
                 {at_dot("keep_and_drop")},
                 "delivered",
                 "",
                 {"accept failed", "judged"}});
}

TEST_F(Restart, ChangesNothingForADefiniteRefusal) {
    expect_same(
        {"refused", {at_dot("refuse")}, "send_failed accept rejected_permanent", "", {"judged"}});
}

TEST_F(Restart, ChangesNothingForARefusalAfterAllAttempts) {
    Row row{"refused twice",
            {at_dot("refuse text=\"451 4.3.0 later\"")},
            "send_failed accept rejected_transient",
            "",
            {"refused", "judged"}};
    row.attempts = 2;
    row.deadline = seconds{4};
    expect_same(row);
}

TEST_F(Restart, ChangesNothingForADeliveryAtTheSecondAttempt) {
    Row row{"greylisted",
            {at_dot("refuse text=\"451 4.7.1 greylisted\" max=1"),
             at_dot("delay_delivery delivery=600ms")},
            "delivered",
            "",
            {"refused", "quit", "judged"}};
    row.attempts = 2;
    row.deadline = seconds{4};
    expect_same(row);
}

TEST_F(Restart, ChangesNothingForAMailWithoutAnAnswerThatNeverArrives) {
    expect_same({"unconfirmed and gone",
                 {at_dot("discard_and_drop")},
                 "send_failed accept eof",
                 "",
                 {"accept failed", "judged"}});
}

TEST_F(Restart, ChangesNothingForALostMail) {
    expect_same({"lost", {at_dot("lose")}, "lost", "", {"quit", "judged"}});
}

TEST_F(Restart, ChangesNothingForABouncedMail) {
    Row row{"bounced",
            {at_dot("bounce kind=dsn status=5.1.1 delivery=700ms")},
            "bounced permanent",
            "",
            {"quit", "judged"}};
    row.deadline = seconds{4};
    expect_same(row);
}

TEST_F(Restart, ChangesNothingForAnUnobservedMail) {
    Row row{"unobserved", {at_dot("lose")}, "unobserved", "", {"quit", "judged"}};
    row.outage = Outage::until_verdict;
    expect_same(row);
}

TEST_F(Restart, ChangesNothingForAnUnobservedMailThatIsFound) {
    Row row{"found", {}, "unobserved", "found:1 ", {"quit", "judged", "evidence"}};
    row.outage = Outage::until_verdict;
    expect_same(row);
}

TEST_F(Restart, ChangesNothingForAnUnobservedMailThatIsLate) {
    Row row{"unobserved and late",
            {at_dot("lose")},
            "unobserved",
            "late:1 ",
            {"judged", "look", "evidence"}};
    row.outage = Outage::until_verdict;
    row.copies = {{1, CopyWhen::looked, {}}};
    expect_same(row);
}

TEST_F(Restart, ChangesNothingForALostMailThatIsLate) {
    expect_same({"late",
                 {at_dot("delay_delivery delivery=4s")},
                 "lost",
                 "late:1 ",
                 {"quit", "judged", "evidence"}});
}

TEST_F(Restart, ChangesNothingForAnUnansweredMailThatIsLate) {
    Row row{"unanswered and late",
            {at_dot("discard_and_drop")},
            "send_failed accept eof",
            "late:1 ",
            {"accept failed", "judged", "evidence"}};
    row.copies = {{1, CopyWhen::answered, seconds{4}}};
    expect_same(row);
}

TEST_F(Restart, ChangesNothingForABounceAfterTheDelivery) {
    expect_same({"delivered and bounced",
                 {at_dot("bounce kind=dsn carry_out status=5.2.2 delivery=1200ms")},
                 "delivered",
                 "bounce:1 ",
                 {"judged", "evidence"}});
}

TEST_F(Restart, ChangesNothingForABounceAfterTheLoss) {
    expect_same({"lost and bounced",
                 {at_dot("bounce kind=dsn status=5.2.2 delivery=4s")},
                 "lost",
                 "bounce:1 ",
                 {"quit", "judged", "evidence"}});
}

TEST_F(Restart, ChangesNothingForARefusedMailThatArrives) {
    Row row{"refused and arrived",
            {at_dot("refuse")},
            "send_failed accept rejected_permanent",
            "contradiction:1 ",
            {"judged", "evidence"}};
    row.copies = {{1, CopyWhen::answered, milliseconds{900}}};
    expect_same(row);
}

TEST_F(Restart, ChangesNothingForABouncedMailThatArrives) {
    Row row{"bounced and arrived",
            {at_dot("bounce kind=dsn status=5.1.1 delivery=200ms")},
            "bounced permanent",
            "contradiction:1 ",
            {"judged", "evidence"}};
    row.deadline = seconds{4};
    row.copies = {{1, CopyWhen::answered, seconds{3}}};
    expect_same(row);
}

TEST_F(Restart, ChangesNothingForACopyOfARefusedAttemptThatArrivesAfterTheSecond) {
    Row row{"retry copy",
            {at_dot("refuse text=\"451 4.7.1 greylisted\" max=1")},
            "delivered",
            "retry_copy:1 ",
            {"refused", "judged", "evidence"}};
    row.attempts = 2;
    row.deadline = seconds{4};
    row.copies = {{1, CopyWhen::deleted, milliseconds{600}}};
    expect_same(row);
}

TEST_F(Restart, ChangesNothingForTwoCopiesInOneListing) {
    expect_same(
        {"duplicated", {at_dot("duplicate")}, "delivered", "duplicate:1 ", {"judged", "evidence"}});
}

TEST_F(Restart, ChangesNothingForACopyThatComesAfterTheFirstWasRemoved) {
    Row row{"duplicate after removal", {}, "delivered", "duplicate:1 ", {"look", "evidence"}};
    row.copies = {{1, CopyWhen::looked, {}}};
    expect_same(row);
}

TEST_F(Restart, ChangesNothingForARefusedAttemptThatArrivesBeforeTheNext) {
    Row row{"refused attempt arrived",
            {at_dot("reply carry_out text=\"451 4.3.0 later\" max=1")},
            "delivered",
            "contradiction:1 ",
            {"refused", "judged"}};
    row.attempts = 2;
    row.retry_after = milliseconds{2500};
    row.deadline = seconds{5};
    expect_same(row);
}

TEST_F(Restart, ChangesNothingForARefusedAttemptThatArrivesAfterTheNextWasNotAnswered) {
    Row row{"refused attempt arrived after the second",
            {at_dot("refuse text=\"451 4.3.0 later\" max=1"), at_dot("discard_and_drop max=1")},
            "delivered",
            "contradiction:1 ",
            {"accept failed#2", "judged"}};
    row.attempts = 2;
    row.deadline = seconds{5};
    row.copies = {{1, CopyWhen::answered, milliseconds{2000}}};
    expect_same(row);
}

TEST_F(Restart, ChangesNothingForARefusalBeforeTheDot) {
    expect_same({"refused recipient",
                 {"smtp RCPT refuse from=alice@test.invalid"},
                 "send_failed envelope rejected_permanent",
                 "",
                 {"judged"}});
}

TEST_F(Restart, ChangesNothingForAMailThatIsSeenAfterTheDeadlineOnly) {
    Row row{"delivered, perhaps too late", {}, "delivered", "", {"quit", "judged"}};
    row.outage = Outage::until_deadline;
    row.uncertain = row.unmeasured = true;
    row.grace = seconds{5};
    expect_same(row);
}

TEST_F(Restart, ChangesNothingForAMailBouncedByALetter) {
    Row row{"bounced by a letter",
            {at_dot("bounce kind=qmail status=4.2.2 delivery=700ms")},
            "bounced transient",
            "",
            {"quit", "judged"}};
    row.deadline = seconds{4};
    expect_same(row);
}

TEST_F(Restart, ChangesNothingForAnUnansweredMailThatIsUnobserved) {
    Row row{"unanswered and unobserved",
            {at_dot("discard_and_drop")},
            "unobserved",
            "",
            {"accept failed", "judged"}};
    row.outage = Outage::until_verdict;
    expect_same(row);
}

TEST_F(Restart, ChangesNothingForABounceAfterARefusal) {
    Row row{"refused and bounced",
            {at_dot("refuse")},
            "send_failed accept rejected_permanent",
            "bounce:1 ",
            {"judged", "evidence"}};
    row.copies = {{1, CopyWhen::answered, milliseconds{900}, CopyOf::letter}};
    expect_same(row);
}

TEST_F(Restart, ChangesNothingForABounceOfAMailWhoseAnswerNeverCame) {
    Row row{"unanswered and bounced",
            {at_dot("discard_and_drop")},
            "send_failed accept eof",
            "bounce:1 ",
            {"accept failed", "judged", "evidence"}};
    row.copies = {{1, CopyWhen::answered, seconds{4}, CopyOf::letter}};
    expect_same(row);
}

TEST_F(Restart, ChangesNothingForABounceOfAnUnobservedMail) {
    Row row{"unobserved and bounced",
            {at_dot("bounce kind=dsn status=5.2.2")},
            "unobserved",
            "bounce:1 ",
            {"quit", "judged", "evidence"}};
    row.outage = Outage::until_verdict;
    expect_same(row);
}

TEST_F(Restart, ChangesNothingForAMailThatArrivesBeforeItIsRefusedAndComesAgain) {
    // The refusal takes 1.4 s, and the mail is there meanwhile.
    Row row{"arrived and refused",
            {at_dot(R"(drip for=100ms text="550 5.7.1 no\r\n")")},
            "delivered",
            "contradiction:1 duplicate:1 ",
            {"evidence", "evidence#2"}};
    row.copies = {{1, CopyWhen::deleted, milliseconds{900}}};
    expect_same(row);
}

TEST_F(Restart, ChangesNothingForAnOrphan) {
    Row row{"orphan", {}, "delivered", "orphan:1 ", {"judged", "evidence"}};
    row.copies = {{0, CopyWhen::answered, milliseconds{900}}};
    expect_same(row);
}

}  // namespace
}  // namespace mailprobed::test
