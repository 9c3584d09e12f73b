// SPDX-License-Identifier: Apache-2.0
// What the durable journal promises is kept: after an end without a word, after a crash, after a
// reboot; and what it gives back is what it was given.
#include "daemon/store/sql_journal.hpp"

#include "daemon/store/place.hpp"
#include "daemon/store/writer.hpp"
#include "probes/net/boot_clock.hpp"
#include "tests/support/ledger_support.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace mailprobed::test {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

class SqlJournalTest : public testing::Test {
  protected:
    LedgerDirectory here;

    static const MailState& only(const RestoredState& restored) {
        EXPECT_EQ(restored.pending.size(), 1U);
        return restored.pending.at(0);
    }
    static const JudgedMail& settled(const RestoredState& restored, MailId mail) {
        const auto found = std::ranges::find_if(
            restored.settled, [mail](const auto& one) { return one.mail.mail == mail; });
        EXPECT_NE(found, restored.settled.end());
        return found->mail;
    }
    static void expect_equal(const MailState& mail, const MailState& answer) {
        EXPECT_EQ(mail.mail, answer.mail);
        EXPECT_EQ(mail.attempt, answer.attempt);
        EXPECT_EQ(mail.handed_attempt, answer.handed_attempt);
        EXPECT_EQ(mail.started, answer.started);
        EXPECT_EQ(mail.handed, answer.handed);
        EXPECT_EQ(mail.deadline, answer.deadline);
        EXPECT_EQ(mail.grace_end, answer.grace_end);
        EXPECT_EQ(mail.failure, answer.failure);
        EXPECT_EQ(mail.detail, answer.detail);
    }
};

TEST_F(SqlJournalTest, ADurableRecordIsThereAfterAnEndWithoutAFurtherWord) {
    const MailState intent = intent_of(7);
    {
        JournalRun run(here.path());
        EXPECT_EQ(run.record(intent), Durability::durable);
    }
    const JournalRun next(here.path());
    const MailState& mail = only(next.restored());
    EXPECT_EQ(mail.mail, 7U);
    EXPECT_EQ(mail.probe, "route");
    EXPECT_EQ(mail.progress, Progress::intended);
    EXPECT_EQ(mail.attempt, 1);
    EXPECT_EQ(mail.handed_attempt, 0);
    EXPECT_EQ(mail.started, intent.started);
    EXPECT_EQ(mail.deadline, intent.deadline);
    EXPECT_EQ(mail.grace_end, intent.grace_end);
    EXPECT_EQ(mail.wall, intent.wall);
    EXPECT_EQ(mail.body_digest, intent.body_digest);
    EXPECT_FALSE(mail.failure);
    EXPECT_TRUE(mail.exact);
}

TEST_F(SqlJournalTest, ADurableRecordAndWhatWasNotedBeforeItAreThereAfterACrashAtThatInstant) {
    LedgerDirectory crashed;
    JournalRun run(here.path());
    for (MailId mail = 1; mail <= 20; ++mail) {
        const MailState intent = intent_of(mail);
        run.note({intent, answer_to(intent, Progress::accepted)});
        ASSERT_EQ(run.record(intent_of(100 + mail)), Durability::durable);
        here.copy_to(crashed);
        const JournalRun after(crashed.path());
        ASSERT_EQ(after.restored().pending.size(), 2 * mail);
    }
}

TEST_F(SqlJournalTest, EveryProgressComesBackExactly) {
    const StageCause refused{Stage::envelope, Cause::rejected_transient};
    MailState accepted = answer_to(intent_of(1, seconds{4}), Progress::accepted);
    MailState open = answer_to(intent_of(2, seconds{3}), Progress::unconfirmed);
    open.failure = StageCause{Stage::accept, Cause::timeout};
    open.detail = "no answer; it's \"late\"";
    MailState retry = answer_to(intent_of(3, seconds{2}), Progress::retry);
    retry.attempt = 2;
    retry.handed_attempt = 0;
    retry.failure = refused;
    retry.again_at = retry.started + minutes{5};
    {
        JournalRun run(here.path());
        run.note({intent_of(1, seconds{4}), intent_of(2, seconds{3}), intent_of(3, seconds{2}),
                  accepted, open});
        EXPECT_EQ(run.record(retry), Durability::durable);
    }
    const JournalRun next(here.path());
    const auto& pending = next.restored().pending;
    ASSERT_EQ(pending.size(), 3U);
    EXPECT_EQ(pending[0].progress, Progress::accepted);
    expect_equal(pending[0], accepted);
    EXPECT_EQ(pending[1].progress, Progress::unconfirmed);
    expect_equal(pending[1], open);
    EXPECT_EQ(pending[2].progress, Progress::retry);
    expect_equal(pending[2], retry);
    EXPECT_EQ(pending[2].again_at, retry.again_at);
}

TEST_F(SqlJournalTest, AFurtherAttemptReplacesTheIntentAndKeepsWhatTheFirstHandedOver) {
    const MailState first = intent_of(1);
    MailState second = first;
    second.attempt = 2;
    second.handed_attempt = 1;
    second.handed = first.started + seconds{2};
    second.body_digest = 99;
    second.earlier_digests = {0, 0xfedcba9876543210};
    {
        JournalRun run(here.path());
        run.note({first, answer_to(first, Progress::retry)});
        run.record(second);
    }
    const JournalRun next(here.path());
    const MailState& mail = only(next.restored());
    EXPECT_EQ(mail.progress, Progress::intended);
    EXPECT_EQ(mail.attempt, 2);
    EXPECT_EQ(mail.handed_attempt, 1);
    EXPECT_EQ(mail.handed, second.handed);
    EXPECT_EQ(mail.body_digest, 99U);
    EXPECT_EQ(mail.earlier_digests, second.earlier_digests);
}

TEST_F(SqlJournalTest, JudgedMailsComeBackWithAllThatTheirEvidenceNeeds) {
    const MailState delivered = intent_of(1);
    const MailState refused = intent_of(2);
    const MailState bounced = intent_of(3);
    const MailState blind = intent_of(4);
    {
        JournalRun run(here.path());
        run.note({delivered, refused, bounced, blind, verdict_on(delivered, Verdict::delivered),
                  verdict_on(refused, Verdict::send_failed), verdict_on(bounced, Verdict::bounced),
                  verdict_on(blind, Verdict::unobserved), evidence_on(1, Evidence::duplicate, 1, 2),
                  evidence_on(1, Evidence::duplicate, 1, 3),
                  evidence_on(1, Evidence::retry_copy, 2), evidence_on(1, Evidence::retry_copy, 4),
                  evidence_on(1, Evidence::bounce, 0), evidence_on(2, Evidence::contradiction, 3),
                  evidence_on(5, Evidence::orphan), evidence_on(5, Evidence::duplicate)});
        JudgedMail known = verdict_on(delivered, Verdict::delivered).judged;
        known.bounced = true;
        known.duplicates = 3;
        known.removed = 2;
        known.removed_entry = 0xabcdef;
        JudgedMail contradicted = verdict_on(refused, Verdict::send_failed).judged;
        contradicted.arrived = true;
        contradicted.attempt = 3;
        JudgedMail orphan;
        orphan.mail = 5;
        run.note({known, contradicted, orphan});
        JudgedMail absent = verdict_on(blind, Verdict::unobserved).judged;
        absent.absent = true;
        EXPECT_EQ(run.record(absent), Durability::durable);
    }
    const JournalRun next(here.path());
    const RestoredState& all = next.restored();
    EXPECT_TRUE(all.pending.empty());
    EXPECT_EQ(all.settled.size(), 5U);
    const JudgedMail& one = settled(all, 1);
    EXPECT_EQ(one.verdict, Verdict::delivered);
    EXPECT_EQ(one.started, delivered.started);
    EXPECT_EQ(one.deadline, delivered.deadline);
    EXPECT_TRUE(one.arrived);
    EXPECT_TRUE(one.bounced);
    EXPECT_FALSE(one.refused);
    EXPECT_EQ(one.attempt, 1);
    EXPECT_EQ(one.duplicates, 3);
    EXPECT_EQ(one.retry_copies, (1U << 2U) | (1U << 4U));
    EXPECT_EQ(one.removed, 2);
    EXPECT_EQ(one.removed_entry, 0xabcdefU);
    EXPECT_TRUE(settled(all, 2).refused);
    EXPECT_TRUE(settled(all, 2).arrived);
    EXPECT_EQ(settled(all, 2).attempt, 3);
    EXPECT_TRUE(settled(all, 3).bounced);
    EXPECT_FALSE(settled(all, 3).arrived);
    EXPECT_TRUE(settled(all, 4).absent);
    EXPECT_TRUE(settled(all, 5).arrived) << "an orphan";
    EXPECT_EQ(settled(all, 5).duplicates, 1);
    EXPECT_EQ(here.ask("SELECT COUNT(*) FROM mails"), "4") << "an orphan is no mail of the ledger";
}

TEST_F(SqlJournalTest, WhetherAFailedMailWasRefusedIsForTheLedgerToSay) {
    const MailState intent = intent_of(1);
    VerdictRecord verdict = verdict_on(intent, Verdict::send_failed);
    verdict.judged.refused = false;
    {
        JournalRun run(here.path());
        run.note({intent});
        run.record(verdict);
    }
    const JournalRun next(here.path());
    EXPECT_FALSE(settled(next.restored(), 1).refused) << "its copy would be a contradiction";
}

TEST_F(SqlJournalTest, AVerdictIsKeptWithAllThatWasKnownOfItsMailThoughNothingElseWas) {
    const MailState intent = answer_to(intent_of(1), Progress::accepted);
    {
        JournalRun run(here.path());
        run.record(verdict_on(intent, Verdict::lost));
    }
    EXPECT_EQ(here.ask("SELECT probe || progress || attempt || verdict FROM mails"),
              "routeaccepted1lost");
    EXPECT_EQ(here.ask("SELECT wall_ns FROM mails"),
              std::to_string(intent.wall.time_since_epoch().count()));
}

TEST_F(SqlJournalTest, ClassifiedEntriesComeBackUntilTheyAreGone) {
    Tag own;
    own.probe = 5;
    own.mail = 0xffffffffffffffff;
    own.attempt = 3;
    {
        JournalRun run(here.path());
        run.note({EntriesRecord{"box", {{1, std::nullopt}, {0xfffffffffffffffe, own}}, {}},
                  EntriesRecord{"other", {{1, std::nullopt}}, {}}});
        run.record(EntriesRecord{"box", {}, {1}});
    }
    const JournalRun next(here.path());
    const auto& entries = next.restored().entries;
    ASSERT_EQ(entries.size(), 2U);
    EXPECT_EQ(entries[0].mailbox, "box");
    EXPECT_EQ(entries[0].key, 0xfffffffffffffffeU);
    ASSERT_TRUE(entries[0].own);
    EXPECT_EQ(entries[0].own->mail, own.mail);
    EXPECT_EQ(entries[0].own->probe, own.probe);
    EXPECT_EQ(entries[0].own->attempt, own.attempt);
    EXPECT_EQ(entries[1].mailbox, "other");
    EXPECT_FALSE(entries[1].own);
}

TEST_F(SqlJournalTest, StreaksAndLastTimesGoOnAcrossRuns) {
    const std::vector<Verdict> history{Verdict::delivered, Verdict::lost, Verdict::bounced,
                                       Verdict::unobserved};
    MailState intent;
    for (std::size_t i = 0; i < history.size(); ++i) {
        JournalRun run(here.path());
        intent = intent_of(i + 1, seconds{static_cast<int>(100 - i)});
        run.note({intent});
        run.record(verdict_on(intent, history[i]));
    }
    const JournalRun next(here.path());
    ASSERT_EQ(next.restored().probes.size(), 1U);
    EXPECT_EQ(next.restored().probes[0].probe, "route");
    const ProbeHistory& probe = next.restored().probes[0].history;
    EXPECT_FALSE(probe.up());
    EXPECT_EQ(probe.bad_streak, 3U);
    EXPECT_EQ(probe.recent_bad, 0b111U);
    EXPECT_EQ(probe.last_started, intent.wall);
    EXPECT_EQ(probe.last_verdict, intent.wall + seconds{4});
    ASSERT_TRUE(probe.last_delivered);
    EXPECT_LT(*probe.last_delivered, *probe.last_verdict);
    EXPECT_EQ(probe.last_round_trip, seconds{4});
    EXPECT_EQ(probe.last_uncertainty, seconds{1});
}

TEST_F(SqlJournalTest, OnlyTheLastTenVerdictsMakeTheMask) {
    JournalRun run(here.path());
    for (MailId mail = 1; mail <= 12; ++mail) {
        const MailState intent = intent_of(mail);
        run.note({intent, verdict_on(intent, Verdict::lost)});
    }
    const MailState last = intent_of(13);
    run.note({last});
    run.record(verdict_on(last, Verdict::delivered));
    EXPECT_EQ(here.ask("SELECT recent_bad FROM probes"), std::to_string(0x3FE));
    EXPECT_EQ(here.ask("SELECT bad_streak FROM probes"), "0");
}

TEST_F(SqlJournalTest, ASecondDaemonIsRefusedWithDirectoryAndRemedy) {
    const JournalRun first(here.path());
    try {
        const JournalRun second(here.path());
        FAIL() << "two journals in one directory";
    } catch (const LedgerInUse& error) {
        const std::string what = error.what();
        EXPECT_NE(what.find(here.path()), std::string::npos) << what;
        EXPECT_NE(what.find("state_directory"), std::string::npos) << what;
        EXPECT_NE(what.find("stop it"), std::string::npos) << what;
    }
}

TEST_F(SqlJournalTest, AfterARebootInstantsAreThoseOfTheSameUnixTimeAndInexact) {
    const MailState intent = intent_of(1, seconds{8});
    MailState retry = answer_to(intent, Progress::retry);
    retry.again_at = intent.started + seconds{9};
    {
        JournalRun run(here.path());
        run.note({intent});
        run.record(retry);
    }
    // The boot clock of that run was an hour behind ours.
    here.execute("UPDATE runs SET boot_id = 'another', boot_ns = boot_ns - 3600000000000");
    here.execute(
        "UPDATE mails SET started_ns = started_ns - 3600000000000, handed_ns = handed_ns - "
        "3600000000000, deadline_ns = deadline_ns - 3600000000000, grace_end_ns = grace_end_ns - "
        "3600000000000, again_ns = again_ns - 3600000000000");
    const auto near = [](Instant a, Instant b) { return a - b < seconds{1} && b - a < seconds{1}; };
    MailState again;
    {
        JournalRun next(here.path());
        const MailState& mail = only(next.restored());
        EXPECT_FALSE(mail.exact);
        EXPECT_TRUE(near(mail.started, intent.started));
        EXPECT_TRUE(near(mail.handed, retry.handed));
        EXPECT_TRUE(near(mail.deadline, intent.deadline));
        EXPECT_TRUE(near(mail.grace_end, intent.grace_end));
        EXPECT_TRUE(near(mail.again_at, retry.again_at));
        again = retry;
        again.started = mail.started;
        again.exact = mail.exact;
        MailState second = intent;
        second.attempt = 2;
        second.started = mail.started;
        second.exact = mail.exact;
        next.note({second});
        next.record(again);
    }
    // What this boot wrote about it is exact in its instants, but not in what they came from.
    const JournalRun third(here.path());
    EXPECT_EQ(only(third.restored()).started, again.started);
    EXPECT_FALSE(only(third.restored()).exact);
}

TEST_F(SqlJournalTest, AFurtherAttemptAfterARebootMakesTheMailInexactEvenWithoutAnAnswer) {
    MailState intent = intent_of(1);
    {
        JournalRun run(here.path());
        run.record(intent);
    }
    here.execute("UPDATE runs SET boot_id = 'another'");
    {
        JournalRun next(here.path());
        ASSERT_FALSE(only(next.restored()).exact);
        intent.attempt = 2;
        intent.exact = false;
        next.record(intent);
    }
    const JournalRun third(here.path());
    EXPECT_EQ(only(third.restored()).attempt, 2);
    EXPECT_FALSE(only(third.restored()).exact) << "its start is that of the other boot";
}

TEST_F(SqlJournalTest, AfterARebootWithAClockSetBackNothingStartsInTheFuture) {
    {
        JournalRun run(here.path());
        run.record(intent_of(1));
    }
    here.execute("UPDATE runs SET boot_id = 'another', wall_ns = wall_ns + 7200000000000");
    const JournalRun next(here.path());
    const MailState& mail = only(next.restored());
    EXPECT_LE(mail.started, BootClock::now());
    EXPECT_EQ(mail.deadline - mail.started, seconds{10});
    EXPECT_EQ(mail.grace_end - mail.deadline, seconds{5});
}

TEST_F(SqlJournalTest, OnlyJudgedMailsOlderThanTheHistoryArePruned) {
    const MailState old_judged = intent_of(1, hours{50});
    const MailState old_pending = intent_of(2, hours{50});
    const MailState young = intent_of(3, hours{1});
    LedgerWriter writer(here.ledger(), read_clocks());
    const std::vector<QueuedRecord> records{{old_judged, false},
                                            {old_pending, false},
                                            {young, false},
                                            {verdict_on(old_judged, Verdict::lost), false},
                                            {verdict_on(young, Verdict::lost), false}};
    writer.write(records);
    EXPECT_TRUE(writer.prune(wall_now() - hours{49}, wall_now()));
    EXPECT_EQ(here.ask("SELECT GROUP_CONCAT(mail) FROM mails"), "2,3");
    EXPECT_EQ(here.ask("SELECT bad_streak FROM probes"), "2") << "gauges are no history";
}

TEST_F(SqlJournalTest, VerdictsOlderThanTheEvidenceAreNotRecalledButKept) {
    const MailState intent = intent_of(1, hours{49});
    {
        JournalRun run(here.path());
        run.note({intent});
        run.record(verdict_on(intent, Verdict::lost));
    }
    const JournalRun next(here.path());
    EXPECT_TRUE(next.restored().settled.empty());
    EXPECT_EQ(here.ask("SELECT COUNT(*) FROM mails"), "1");
}

}  // namespace
}  // namespace mailprobed::test
