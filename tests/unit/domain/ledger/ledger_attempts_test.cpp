// SPDX-License-Identifier: Apache-2.0
// A mail of several attempts: what is learnt of one of them is not held against another.
#include "probes/domain/ledger/ledger.hpp"
#include "tests/support/mail_states.hpp"

#include <gtest/gtest.h>

namespace mailprobed {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

constexpr MailId kMail = 1;

/// A mail whose first attempt was refused and whose second one was accepted; digests 41 and 42.
class LedgerAttempts : public testing::Test {
  protected:
    LedgerAttempts() : box(ledger.add_mailbox()) {
        probe = ledger.add_probe({7, box, seconds{100}, seconds{50}});
        ledger.start(probe, test::starting(kMail, t(0), WallTime{seconds{1000}}, 41));
        ledger.connecting(kMail, t(0));
        ledger.handed(kMail, t(1));
        ledger.attempt_refused(kMail, {Stage::accept, Cause::rejected_transient}, "", t(2));
        ledger.attempt_began(kMail, 2, 42);
        ledger.handed(kMail, t(3));
        ledger.accepted(kMail);
    }

    static Instant t(int s) { return Instant{hours{10}} + seconds{s}; }
    BodyState body_of(std::uint8_t attempt, std::uint64_t digest) {
        const Sighting seen{kMail, 7, t(5), BodyState::unread, digest, {1}, attempt};
        const Outcome outcome = ledger.sighted(box, seen, t(5));
        EXPECT_EQ(outcome.judgements.size(), 1U);
        return outcome.judgements.at(0).body;
    }
    Outcome report(std::uint8_t attempt) {
        BounceSeen seen;
        seen.mail = kMail;
        seen.attempt = attempt;
        return ledger.bounced(seen, t(5));
    }

    /// The body of a copy of attempt 1, whose mail an earlier run sent twice.
    static BodyState body_after_restart(std::vector<std::uint64_t> earlier_digests) {
        Ledger next{hours{48}};
        const MailboxIndex mailbox = next.add_mailbox();
        const ProbeIndex same = next.add_probe({7, mailbox, seconds{100}, seconds{50}});
        MailState left;
        left.mail = kMail;
        left.progress = Progress::accepted;
        left.attempt = left.handed_attempt = 2;
        left.started = t(0);
        left.handed = t(3);
        left.deadline = t(100);
        left.grace_end = t(150);
        left.body_digest = 42;
        left.earlier_digests = std::move(earlier_digests);
        next.restore(same, left, t(4));
        const Sighting seen{kMail, 7, t(5), BodyState::unread, 41, {1}, 1};
        return next.sighted(mailbox, seen, t(5)).judgements.at(0).body;
    }

    Ledger ledger{hours{48}};
    MailboxIndex box;
    ProbeIndex probe = 0;
};

TEST_F(LedgerAttempts, ACopyOfTheFirstAttemptIsHeldAgainstItsOwnBody) {
    EXPECT_EQ(body_of(1, 41), BodyState::intact);
}

TEST_F(LedgerAttempts, ACopyOfTheFirstAttemptThatWasAlteredIsAltered) {
    EXPECT_EQ(body_of(1, 42), BodyState::altered);
}

TEST_F(LedgerAttempts, ACopyOfThePresentAttemptIsHeldAgainstThat) {
    EXPECT_EQ(body_of(2, 42), BodyState::intact);
}

TEST_F(LedgerAttempts, OfAnAttemptThatNobodyKnowsNothingIsSaid) {
    EXPECT_EQ(body_of(3, 42), BodyState::unread);
}

TEST_F(LedgerAttempts, WhatAnEarlierRunSentBeforeIsComparedIfItWasRecorded) {
    EXPECT_EQ(body_after_restart({}), BodyState::unread);
    EXPECT_EQ(body_after_restart({0}), BodyState::unread);
    EXPECT_EQ(body_after_restart({41}), BodyState::intact);
    EXPECT_EQ(body_after_restart({40}), BodyState::altered);
}

TEST_F(LedgerAttempts, AReportAboutTheRefusedAttemptDoesNotEndTheAcceptedOne) {
    EXPECT_TRUE(report(1).judgements.empty());
    const Sighting seen{kMail, 7, t(9), BodyState::unread, 42, {1}, 2};
    EXPECT_EQ(ledger.sighted(box, seen, t(9)).judgements.at(0).verdict, Verdict::delivered);
}

TEST_F(LedgerAttempts, AReportAboutTheRefusedAttemptTakesThePlaceOfLost) {
    report(1);
    ledger.look_began(box, t(101));
    const Outcome outcome = ledger.look_ended(box, true, t(101), t(102));
    ASSERT_EQ(outcome.judgements.size(), 1U);
    EXPECT_EQ(outcome.judgements[0].verdict, Verdict::bounced);
}

TEST_F(LedgerAttempts, AReportAboutThePresentAttemptDecides) {
    EXPECT_EQ(report(2).judgements.at(0).verdict, Verdict::bounced);
}

TEST_F(LedgerAttempts, AReportThatNamesNoAttemptDecides) {
    EXPECT_EQ(report(0).judgements.at(0).verdict, Verdict::bounced);
}

}  // namespace
}  // namespace mailprobed
