// SPDX-License-Identifier: Apache-2.0
// Every verdict rule and every kind of evidence, and the accounting identity after each step.
#include "probes/domain/ledger/ledger.hpp"

#include "tests/support/mail_states.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace mailprobed {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

const StageCause kRefused{Stage::accept, Cause::rejected_permanent};
const StageCause kNoAnswer{Stage::accept, Cause::timeout};

/// One probe, one mailbox; times are seconds after `t0`. Deadline 100 s, grace 50 s.
class LedgerTest : public testing::Test {
  protected:
    LedgerTest() {
        box = ledger.add_mailbox();
        probe = ledger.add_probe({7, box, seconds{100}, seconds{50}});
    }
    ~LedgerTest() override {
        const LedgerTotals totals = ledger.totals();
        EXPECT_EQ(totals.started, totals.verdicts + totals.pending);
    }

    static Instant t(double s) {
        return Instant{hours{10}} +
               std::chrono::duration_cast<Duration>(std::chrono::duration<double>(s));
    }
    void start(MailId id, double at = 0) {
        ledger.start(probe, test::starting(id, t(at), WallTime{seconds{1000}}, 42));
        ledger.connecting(id, t(at));
        ledger.handed(id, t(at + 1));
    }
    void send(MailId id, double at = 0) {
        start(id, at);
        EXPECT_TRUE(ledger.accepted(id).judgements.empty());
    }
    /// A look with its login command at `at`.
    Outcome look(double at, std::vector<Sighting> sightings = {}, bool complete = true) {
        Outcome all;
        ledger.look_began(box, t(at - 0.01));
        for (const Sighting& sighting : sightings)
            add(all, ledger.sighted(box, sighting, t(at + 0.02)));
        for (const Sighting& sighting : sightings)
            add(all, ledger.copies_proven(sighting));
        add(all, ledger.look_ended(box, complete, t(at), t(at + 0.03)));
        return all;
    }
    static Sighting seen(MailId id, double at, std::vector<std::uint64_t> entries = {1}) {
        return {id, 7, t(at), BodyState::unread, 42, std::move(entries)};
    }
    static void add(Outcome& to, Outcome from) {
        for (auto& j : from.judgements)
            to.judgements.push_back(std::move(j));
        for (auto& e : from.evidence)
            to.evidence.push_back(e);
    }
    static void expect_verdict(const Outcome& outcome, Verdict verdict) {
        ASSERT_EQ(outcome.judgements.size(), 1U);
        EXPECT_EQ(outcome.judgements[0].verdict, verdict);
    }
    static void expect_evidence(const Outcome& outcome, Evidence kind, std::uint32_t count = 1) {
        EXPECT_TRUE(outcome.judgements.empty());
        ASSERT_EQ(outcome.evidence.size(), 1U);
        EXPECT_EQ(outcome.evidence[0].kind, kind);
        EXPECT_EQ(outcome.evidence[0].count, count);
    }
    static void expect_nothing(const Outcome& outcome) {
        EXPECT_TRUE(outcome.judgements.empty());
        EXPECT_TRUE(outcome.evidence.empty());
    }

    Ledger ledger{hours{48}};
    MailboxIndex box = 0;
    ProbeIndex probe = 0;
};

TEST_F(LedgerTest, DeliveredLiesBetweenTheLastLookWithoutItAndTheListingLine) {
    send(1);
    expect_nothing(look(5));
    const Outcome outcome = look(9, {seen(1, 9.01)});
    expect_verdict(outcome, Verdict::delivered);
    const Judgement& j = outcome.judgements[0];
    EXPECT_EQ(j.started, t(0));
    EXPECT_EQ(j.handed, t(1));
    EXPECT_EQ(j.lower, t(5));
    EXPECT_EQ(j.upper, t(9.01));
    EXPECT_FALSE(j.deadline_uncertain);
    EXPECT_FALSE(j.unmeasured);
    EXPECT_EQ(j.body, BodyState::intact);
}

TEST_F(LedgerTest, WithoutAnEarlierLookTheLowerBoundIsTheHandOver) {
    expect_nothing(look(-5));
    send(1);
    EXPECT_EQ(look(3, {seen(1, 3.01)}).judgements.at(0).lower, t(1));
}

TEST_F(LedgerTest, AnIncompleteLookProvesPresenceButNotAbsence) {
    send(1);
    send(2);
    expect_nothing(look(5, {}, false));
    const Outcome outcome = look(9, {seen(1, 9.01)}, false);
    expect_verdict(outcome, Verdict::delivered);
    EXPECT_EQ(outcome.judgements[0].lower, t(1)) << "the look at 5 proved nothing";
    EXPECT_TRUE(outcome.judgements[0].unmeasured) << "it failed and widened the interval";
}

TEST_F(LedgerTest, AFailedLookBeforeTheLowerBoundWidensNothing) {
    send(1);
    look(3, {}, false);
    look(5);
    EXPECT_FALSE(look(9, {seen(1, 9.01)}).judgements.at(0).unmeasured);
}

TEST_F(LedgerTest, WhatWasHandedOverDuringALookThatFailedIsUnmeasured) {
    ledger.look_began(box, t(0));
    send(1);
    ledger.look_ended(box, false, std::nullopt, t(8));
    EXPECT_TRUE(look(9, {seen(1, 9.01)}).judgements.at(0).unmeasured);
}

TEST_F(LedgerTest, WhatArrivesWhileLooksRestIsUnmeasuredUntilACompleteLook) {
    look(0, {}, false);
    ledger.looks_rest(box, t(50));
    send(1);
    EXPECT_TRUE(look(51, {seen(1, 51.01)}).judgements.at(0).unmeasured);
}

TEST_F(LedgerTest, AMailThatMayHideBehindAnUnreadableEntryIsFoundAndNotLate) {
    send(1);
    expect_nothing(look(99, {}, false));
    expect_verdict(ledger.settle(box, t(200)), Verdict::unobserved);
    ledger.look_began(box, t(201));
    EXPECT_TRUE(ledger.look_ended(box, true, t(201), t(202), t(5)).judged.empty());
    expect_evidence(look(210, {seen(1, 210.01)}), Evidence::found);
}

TEST_F(LedgerTest, AReloadBeforeTheConnectionDoesNotChangeTheDeadlineOfAMailThatStarted) {
    ledger.start(probe, test::starting(7, t(0), WallTime{}, 0));
    ledger.change_probe(probe, {probe_id("p"), box, seconds{1}, seconds{1}});
    ledger.connecting(7, t(2));
    EXPECT_EQ(ledger.deadline_of(7), t(102));
}

TEST_F(LedgerTest, LostOnlyByACompleteLookAtOrAfterTheDeadline) {
    send(1);
    expect_nothing(look(99.99));
    expect_nothing(look(101, {}, false));
    expect_verdict(look(102), Verdict::lost);
}

TEST_F(LedgerTest, UnobservedWhenNoCompleteLookFallsIntoTheGrace) {
    send(1);
    look(50);
    look(120, {}, false);
    expect_nothing(ledger.settle(box, t(149.9)));
    expect_verdict(ledger.settle(box, t(150)), Verdict::unobserved);
}

TEST_F(LedgerTest, ALookThatLoggedInWithinTheGraceMayStillAnswerAfterIt) {
    send(1);
    ledger.look_began(box, t(149));
    expect_nothing(ledger.settle(box, t(151)));
    expect_verdict(ledger.look_ended(box, true, t(149.5), t(152)), Verdict::lost);
}

TEST_F(LedgerTest, ALookAfterTheGraceClaimsNoLoss) {
    send(1);
    expect_nothing(look(160));
    expect_verdict(ledger.settle(box, t(161)), Verdict::unobserved);
}

TEST_F(LedgerTest, ArrivalSeenAfterTheDeadlineButPossibleBeforeIsDeliveredAndUncertain) {
    send(1);
    look(95);
    const Outcome outcome = look(104, {seen(1, 104.01)});
    expect_verdict(outcome, Verdict::delivered);
    EXPECT_TRUE(outcome.judgements[0].deadline_uncertain);
}

TEST_F(LedgerTest, RefusalsAreSendFailedAtOnce) {
    start(1);
    const Outcome outcome = ledger.send_failed(1, kRefused, "550 no");
    expect_verdict(outcome, Verdict::send_failed);
    EXPECT_EQ(outcome.judgements[0].failure, kRefused);
    EXPECT_EQ(outcome.judgements[0].detail, "550 no");
}

TEST_F(LedgerTest, UnconfirmedIsDeliveredIfItArrives) {
    start(1);
    expect_nothing(ledger.unconfirmed(1, kNoAnswer, ""));
    expect_verdict(look(30, {seen(1, 30.01)}), Verdict::delivered);
}

TEST_F(LedgerTest, UnconfirmedIsSendFailedIfTheDeadlineLookDoesNotShowIt) {
    start(1);
    ledger.unconfirmed(1, kNoAnswer, "nothing");
    expect_nothing(look(99));
    const Outcome outcome = look(100);
    expect_verdict(outcome, Verdict::send_failed);
    EXPECT_EQ(outcome.judgements[0].failure, kNoAnswer);
}

TEST_F(LedgerTest, UnconfirmedIsUnobservedIfTheMailboxCannotBeRead) {
    start(1);
    ledger.unconfirmed(1, kNoAnswer, "");
    expect_verdict(ledger.settle(box, t(150)), Verdict::unobserved);
}

TEST_F(LedgerTest, AMailMayArriveBeforeTheServerAnswersTheDot) {
    start(1);
    expect_verdict(look(5, {seen(1, 5.01)}), Verdict::delivered);
    expect_nothing(ledger.accepted(1));
}

TEST_F(LedgerTest, ARefusalAfterTheArrivalIsAContradiction) {
    start(1);
    look(5, {seen(1, 5.01)});
    expect_evidence(ledger.send_failed(1, kRefused, ""), Evidence::contradiction);
}

TEST_F(LedgerTest, AnArrivalAfterTheRefusalIsAContradictionOnce) {
    start(1);
    ledger.send_failed(1, kRefused, "");
    expect_evidence(look(5, {seen(1, 5.01)}), Evidence::contradiction);
    expect_nothing(look(6, {seen(1, 6.01)}));
}

TEST_F(LedgerTest, AnAnswerAfterTheDeadlineLookStillGivesTheVerdict) {
    start(1);
    start(2);
    expect_nothing(look(100));
    expect_verdict(ledger.accepted(1), Verdict::lost);
    expect_verdict(ledger.unconfirmed(2, kNoAnswer, ""), Verdict::send_failed);
}

TEST_F(LedgerTest, ALostMailThatComesIsLateWithItsLatency) {
    send(1);
    look(100);
    const Outcome outcome = look(200, {seen(1, 200)});
    expect_evidence(outcome, Evidence::late);
    EXPECT_EQ(outcome.evidence[0].latency, seconds{200});
    expect_nothing(look(201, {seen(1, 201)}));
}

TEST_F(LedgerTest, AnUnobservedMailIsFoundIfItMayHaveComeInTimeAndLateIfNot) {
    send(1);
    send(2);
    look(99);
    ledger.settle(box, t(150));
    expect_evidence(look(160, {seen(1, 160)}), Evidence::found);
    expect_evidence(look(170, {seen(2, 170)}), Evidence::late);
}

TEST_F(LedgerTest, TwoEntriesInOneListingAreADuplicateCountedOnceTheyAreProven) {
    send(1);
    const Sighting twice = seen(1, 5.01, {11, 12});
    const Outcome outcome = ledger.sighted(box, twice, t(5.02));
    expect_verdict(outcome, Verdict::delivered);
    EXPECT_TRUE(outcome.evidence.empty()) << "one message may have been shown for two";
    expect_evidence(ledger.copies_proven(twice), Evidence::duplicate);
    expect_nothing(look(6, {twice}));
    expect_evidence(look(7, {seen(1, 7.01, {11, 12, 13})}), Evidence::duplicate);
}

TEST_F(LedgerTest, ANewEntryAfterAConfirmedRemovalIsADuplicate) {
    send(1);
    look(5, {seen(1, 5.01, {11})});
    ledger.deleted(1, 1, {11});
    expect_evidence(look(8, {seen(1, 8.01, {12})}), Evidence::duplicate);
}

TEST_F(LedgerTest, A2_14_SeenAgainAfterAnUnconfirmedRemovalIsNoDuplicate) {
    send(1);
    look(5, {seen(1, 5.01, {11})});
    expect_nothing(look(8, {seen(1, 8.01, {11})}));
    expect_nothing(look(9, {seen(1, 9.01, {0})}));
}

TEST_F(LedgerTest, TheSameIdAgainAfterAConfirmedRemovalIsNoDuplicate) {
    send(1);
    look(5, {seen(1, 5.01, {11})});
    ledger.deleted(1, 1, {11});
    expect_nothing(look(8, {seen(1, 8.01, {11})}));
}

TEST_F(LedgerTest, AnOwnMailUnknownToTheLedgerIsAnOrphanOnce) {
    expect_evidence(look(5, {seen(99, 5.01)}), Evidence::orphan);
    expect_nothing(look(6, {seen(99, 6.01)}));
    Sighting stranger = seen(98, 7.01);
    stranger.probe_id = 12345;
    expect_nothing(look(7, {stranger}));
}

TEST_F(LedgerTest, AChangedBodyIsAlteredAndAVanishedOneUnread) {
    send(1);
    send(2);
    Sighting altered = seen(1, 5.01);
    altered.digest = 43;
    EXPECT_EQ(look(5, {altered}).judgements.at(0).body, BodyState::altered);
    Sighting unread = seen(2, 6.01);
    unread.digest.reset();
    EXPECT_EQ(look(6, {unread}).judgements.at(0).body, BodyState::unread);
}

TEST_F(LedgerTest, JudgedMailsAreForgottenWhenTheirTimeIsOver) {
    send(1);
    look(5, {seen(1, 5.01)});
    ledger.settle(box, t(5) + hours{49});
    expect_evidence(look(49 * 3600.0 + 200, {seen(1, 49 * 3600.0 + 200)}), Evidence::orphan);
}

TEST_F(LedgerTest, PendingCountAndOldestFollowTheVerdicts) {
    ledger.start(probe, test::starting(1, t(0), WallTime{seconds{100}}, 0));
    ledger.start(probe, test::starting(2, t(1), WallTime{seconds{101}}, 0));
    EXPECT_EQ(ledger.pending(probe), 2U);
    EXPECT_EQ(ledger.oldest_pending(probe), WallTime{seconds{100}});
    ledger.send_failed(1, kRefused, "");
    EXPECT_EQ(ledger.oldest_pending(probe), WallTime{seconds{101}});
    ledger.send_failed(2, kRefused, "");
    EXPECT_EQ(ledger.oldest_pending(probe), std::nullopt);
}

TEST_F(LedgerTest, RandomHistoriesKeepTheIdentityAndGiveOneVerdictEach) {
    for (unsigned seed = 1; seed <= 200; ++seed) {
        std::mt19937 dice(seed);
        Ledger random{hours{1}};
        const MailboxIndex mailbox = random.add_mailbox();
        const ProbeIndex route = random.add_probe({7, mailbox, seconds{10}, seconds{5}});
        std::map<MailId, int> verdicts;
        std::vector<MailId> sending;
        double now = 0;
        MailId next = 1;
        const auto count = [&](const Outcome& outcome) {
            for (const Judgement& j : outcome.judgements)
                ++verdicts[j.mail];
        };
        for (int step = 0; step < 300; ++step) {
            now += 0.5;
            switch (dice() % 6) {
                case 0:
                    random.start(route, test::starting(next, t(now), {}, 42));
                    sending.push_back(next++);
                    break;
                case 1:
                case 2:
                    if (sending.empty()) break;
                    if (dice() % 2 != 0) random.handed(sending.back(), t(now));
                    switch (dice() % 3) {
                        case 0:
                            count(random.accepted(sending.back()));
                            break;
                        case 1:
                            count(random.send_failed(sending.back(), kRefused, ""));
                            break;
                        default:
                            count(random.unconfirmed(sending.back(), kNoAnswer, ""));
                            break;
                    }
                    sending.pop_back();
                    break;
                case 3:
                case 4: {
                    random.look_began(mailbox, t(now - 0.1));
                    if (dice() % 2 != 0 && next > 1) {
                        count(random.sighted(mailbox, seen(dice() % next, now), t(now)));
                    }
                    count(random.look_ended(mailbox, dice() % 3 != 0, t(now), t(now)));
                    break;
                }
                default:
                    count(random.settle(mailbox, t(now)));
                    break;
            }
            const LedgerTotals totals = random.totals();
            ASSERT_EQ(totals.started, totals.verdicts + totals.pending) << "seed " << seed;
            ASSERT_EQ(totals.verdicts, verdicts.size()) << "seed " << seed;
        }
        for (const auto& [mail, times] : verdicts)
            ASSERT_EQ(times, 1) << "seed " << seed;
    }
}

}  // namespace
}  // namespace mailprobed
