// SPDX-License-Identifier: Apache-2.0
// A ledger that takes up what an earlier run left decides as that run would have.
#include "probes/domain/ledger/ledger.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>

namespace mailprobed {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

constexpr MailId kMail = 7;

Instant at(int second) {
    return Instant{hours{1}} + seconds{second};
}

class LedgerRestore : public testing::Test {
  protected:
    LedgerRestore() : box(ledger.add_mailbox()) {
        probe = ledger.add_probe({1, box, seconds{100}, seconds{50}});
    }

    static MailState left(Progress progress, std::uint8_t attempt = 1) {
        MailState mail;
        mail.mail = kMail;
        mail.progress = progress;
        mail.attempt = attempt;
        mail.started = at(0);
        mail.deadline = at(100);
        mail.grace_end = at(150);
        return mail;
    }
    static JudgedMail judged(Verdict verdict) {
        JudgedMail mail;
        mail.mail = kMail;
        mail.verdict = verdict;
        mail.started = mail.handed = at(0);
        mail.deadline = at(100);
        return mail;
    }
    Outcome sight(int second, std::uint8_t attempt = 1) {
        Sighting sighting;
        sighting.mail = kMail;
        sighting.probe_id = 1;
        sighting.attempt = attempt;
        sighting.listed_at = at(second);
        sighting.entries = {static_cast<std::uint64_t>(1000 + second)};
        Outcome outcome = ledger.sighted(box, sighting, at(second));
        std::ranges::move(ledger.copies_proven(sighting).evidence,
                          std::back_inserter(outcome.evidence));
        return outcome;
    }
    Outcome look(int second) {
        ledger.look_began(box, at(second));
        return ledger.look_ended(box, true, at(second), at(second));
    }

    Ledger ledger{hours{48}};
    MailboxIndex box;
    ProbeIndex probe = 0;
};

TEST_F(LedgerRestore, AnIntentWithoutAnAnswerIsUnconfirmedAndInterrupted) {
    ledger.restore(probe, left(Progress::intended), at(10));
    EXPECT_EQ(ledger.awaited(box).size(), 1U) << "it may arrive";
    EXPECT_EQ(ledger.sent_by(probe).size(), 1U) << "it may bounce";
    const Outcome outcome = look(100);
    ASSERT_EQ(outcome.judgements.size(), 1U);
    EXPECT_EQ(outcome.judgements[0].verdict, Verdict::send_failed);
    EXPECT_EQ(outcome.judgements[0].failure, (StageCause{Stage::accept, Cause::interrupted}));
    EXPECT_EQ(ledger.totals().restored, 1U);
    EXPECT_EQ(ledger.totals().started, 0U);
}

TEST_F(LedgerRestore, ACopyOfAnAttemptBeforeTheLastContradictsItsRefusal) {
    for (const Progress progress : {Progress::intended, Progress::accepted, Progress::retry}) {
        Ledger fresh{hours{48}};
        ledger = std::move(fresh);
        box = ledger.add_mailbox();
        probe = ledger.add_probe({1, box, seconds{100}, seconds{50}});
        ledger.restore(probe, left(progress, 3), at(10));
        const Outcome outcome = sight(20, 1);
        ASSERT_EQ(outcome.judgements.size(), 1U);
        EXPECT_EQ(outcome.judgements[0].verdict, Verdict::delivered);
        ASSERT_EQ(outcome.evidence.size(), 1U);
        EXPECT_EQ(outcome.evidence[0].kind, Evidence::contradiction);
    }
}

TEST_F(LedgerRestore, ACopyOfTheLastAttemptContradictsOnlyIfThatWasRefused) {
    ledger.restore(probe, left(Progress::intended, 2), at(10));
    EXPECT_TRUE(sight(20, 2).evidence.empty());
}

TEST_F(LedgerRestore, WhatTheFirstLookFindsIsUnmeasuredAndWhatALaterOneFindsIsNot) {
    ledger.restore(probe, left(Progress::accepted), at(10));
    ledger.look_began(box, at(11));
    EXPECT_TRUE(sight(11).judgements.at(0).unmeasured);
    MailState other = left(Progress::accepted);
    other.mail = 8;
    ledger.restore(probe, other, at(12));
    EXPECT_TRUE(look(13).judgements.empty());
    Sighting sighting;
    sighting.mail = 8;
    sighting.probe_id = 1;
    sighting.listed_at = at(14);
    sighting.entries = {1};
    const Outcome outcome = ledger.sighted(box, sighting, at(14));
    EXPECT_FALSE(outcome.judgements.at(0).unmeasured);
    EXPECT_EQ(outcome.judgements.at(0).lower, at(13));
}

TEST_F(LedgerRestore, AMailOfAnotherBootIsUnmeasuredAndSaysSoToTheJournal) {
    MailState mail = left(Progress::accepted);
    mail.exact = false;
    ledger.restore(probe, mail, at(10));
    EXPECT_FALSE(ledger.pending_mail(kMail)->exact);
    look(13);
    EXPECT_TRUE(sight(20).judgements.at(0).unmeasured);
}

TEST_F(LedgerRestore, AnUnobservedMailIsFoundUnlessALookAfterItsDeadlineDidNotShowIt) {
    JudgedMail mail = judged(Verdict::unobserved);
    ledger.restore(probe, mail);
    EXPECT_EQ(sight(200).evidence.at(0).kind, Evidence::found);

    mail.mail = kMail + 1;
    mail.absent = true;
    ledger.restore(probe, mail);
    Sighting sighting;
    sighting.mail = kMail + 1;
    sighting.probe_id = 1;
    sighting.listed_at = at(300);
    sighting.entries = {5};
    EXPECT_EQ(ledger.sighted(box, sighting, at(300)).evidence.at(0).kind, Evidence::late);
}

TEST_F(LedgerRestore, ALookWithoutAnUnobservedMailIsToldOnceAndOnlyAfterTheDeadline) {
    ledger.restore(probe, judged(Verdict::unobserved));
    EXPECT_TRUE(look(99).judged.empty());
    const Outcome outcome = look(160);
    ASSERT_EQ(outcome.judged.size(), 1U);
    EXPECT_EQ(outcome.judged[0].mail, kMail);
    EXPECT_TRUE(outcome.judged[0].absent);
    EXPECT_TRUE(look(161).judged.empty());
    EXPECT_EQ(sight(200).evidence.at(0).kind, Evidence::late);
}

TEST_F(LedgerRestore, EvidenceThatWasCountedIsNotCountedAgain) {
    JudgedMail mail = judged(Verdict::delivered);
    mail.arrived = mail.bounced = true;
    mail.attempt = 2;
    mail.retry_copies = 1U << 1U;
    mail.removed = 1;
    mail.removed_entry = 1030;
    ledger.restore(probe, mail);
    EXPECT_TRUE(sight(20, 1).evidence.empty()) << "its retry copy again";
    EXPECT_TRUE(sight(30, 2).evidence.empty()) << "the entry that was removed";
    EXPECT_TRUE(ledger.bounced({kMail, StatusClass::permanent, ""}, at(40)).evidence.empty());
    const Outcome third = sight(50, 3);
    ASSERT_EQ(third.evidence.size(), 1U);
    EXPECT_EQ(third.evidence[0].kind, Evidence::retry_copy);
    const Outcome copy = sight(60, 2);
    ASSERT_EQ(copy.evidence.size(), 1U);
    EXPECT_EQ(copy.evidence[0].kind, Evidence::duplicate);
}

TEST_F(LedgerRestore, WhatNoKeyCanReadIsNeverCalledAbsent) {
    for (const Progress progress :
         {Progress::accepted, Progress::unconfirmed, Progress::intended}) {
        Ledger fresh{hours{48}};
        fresh.add_mailbox();
        fresh.add_probe({1, 0, seconds{100}, seconds{50}});
        fresh.restore(0, left(progress), at(10), false);
        fresh.look_began(0, at(101));
        const Outcome outcome = fresh.look_ended(0, true, at(101), at(102));
        ASSERT_EQ(outcome.judgements.size(), 1U);
        EXPECT_EQ(outcome.judgements[0].verdict, Verdict::unobserved);
        EXPECT_NE(outcome.judgements[0].detail.find("key"), std::string::npos);
        EXPECT_FALSE(outcome.judgements[0].failure);
    }
}

TEST_F(LedgerRestore, AFurtherAttemptHasAKeyOfNowAndCanBeLost) {
    ledger.restore(probe, left(Progress::retry), at(10), false);
    ledger.attempt_began(kMail, 2, 0);
    ledger.handed(kMail, at(12));
    ledger.accepted(kMail);
    const Outcome outcome = look(101);
    ASSERT_EQ(outcome.judgements.size(), 1U);
    EXPECT_EQ(outcome.judgements[0].verdict, Verdict::lost);
}

TEST_F(LedgerRestore, AClockThatIsSetMovesWhatWasConvertedByItAndNothingElse) {
    for (const bool converted : {false, true}) {
        for (const int step : {-40, 40, -3600, 3600}) {
            Ledger fresh{hours{48}};
            fresh.add_mailbox();
            fresh.add_probe({1, 0, seconds{100}, seconds{50}});
            MailState mail = left(Progress::accepted);
            mail.converted = converted;
            mail.exact = !converted;
            fresh.restore(0, mail, at(50));
            fresh.clock_set(seconds{step}, at(60));
            // Set ahead by 40 s, it is so much older; none starts after now.
            const int moved = converted ? std::min(-step, 60) : 0;
            EXPECT_EQ(fresh.deadline_of(kMail), at(100 + moved)) << step;
            EXPECT_EQ(fresh.next_settlement(0), at(150 + moved)) << step;
            EXPECT_LE(fresh.pending_mail(kMail)->started, at(60));
        }
    }
}

TEST_F(LedgerRestore, OfAMailOfAnotherBootNoLatencyIsToldAfterItsVerdict) {
    JudgedMail mail = judged(Verdict::unobserved);
    mail.exact = false;
    ledger.restore(probe, mail, at(10));
    const Outcome outcome = sight(300);
    ASSERT_EQ(outcome.evidence.size(), 1U);
    EXPECT_FALSE(outcome.evidence[0].latency);
}

TEST_F(LedgerRestore, AWrongClockAtTheStartForgetsNoEvidence) {
    JudgedMail mail = judged(Verdict::unobserved);
    mail.exact = false;
    mail.deadline -= hours{24 * 40};
    ledger.restore(probe, mail, at(10));
    ledger.settle(box, at(20));
    const Outcome outcome = sight(300);
    ASSERT_EQ(outcome.evidence.size(), 1U);
    EXPECT_NE(outcome.evidence[0].kind, Evidence::orphan);
}

TEST_F(LedgerRestore, WhatLookingCannotJudgeAnyMoreIsUnobservedAtOnceAndSaysWhy) {
    for (const Progress progress :
         {Progress::accepted, Progress::unconfirmed, Progress::intended}) {
        Ledger fresh{hours{48}};
        fresh.add_mailbox();
        fresh.add_probe({1, 0, seconds{100}, seconds{50}});
        MailState mail = left(progress);
        mail.doubt = "the clock";
        fresh.restore(0, mail, at(10));
        const Outcome outcome = fresh.settle(0, at(10));
        ASSERT_EQ(outcome.judgements.size(), 1U);
        EXPECT_EQ(outcome.judgements[0].verdict, Verdict::unobserved);
        EXPECT_EQ(outcome.judgements[0].detail, "the clock");
    }
}

}  // namespace
}  // namespace mailprobed
