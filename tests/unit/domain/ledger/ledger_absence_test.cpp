// SPDX-License-Identifier: Apache-2.0
// `lost` where the sender's mailbox is read for reports: it waits for a look there, and not for
// ever.
#include "probes/domain/ledger/ledger.hpp"
#include "tests/support/mail_states.hpp"

#include <gtest/gtest.h>

namespace mailprobed {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

/// One mail, accepted at 1 s, deadline 100 s, grace 50 s; its reports come to another mailbox.
class LedgerReports : public testing::Test {
  protected:
    LedgerReports() {
        box_ = ledger_.add_mailbox();
        sender_ = ledger_.add_mailbox();
        const ProbeIndex probe = ledger_.add_probe({7, box_, seconds{100}, seconds{50}, sender_});
        ledger_.start(probe, test::starting(1, t(0), WallTime{seconds{1000}}, 42));
        ledger_.connecting(1, t(0));
        ledger_.handed(1, t(1));
        EXPECT_TRUE(ledger_.accepted(1).judgements.empty());
    }
    static Instant t(int s) { return Instant{hours{10}} + seconds{s}; }
    Outcome absent_at(int s) {
        ledger_.look_began(box_, t(s));
        return ledger_.look_ended(box_, true, t(s), t(s));
    }
    Outcome reports_read(int began, std::string remark = {}) {
        return ledger_.reports_read(sender_, t(began), std::move(remark), t(began));
    }
    static void expect(const Outcome& outcome, Verdict verdict, std::string_view detail) {
        ASSERT_EQ(outcome.judgements.size(), 1U);
        EXPECT_EQ(outcome.judgements[0].verdict, verdict);
        EXPECT_EQ(outcome.judgements[0].detail, detail);
    }

    Ledger ledger_{hours{48}};
    MailboxIndex box_ = 0;
    MailboxIndex sender_ = 0;
};

TEST_F(LedgerReports, LostWaitsForALookThatBeganAtOrAfterTheDeadline) {
    EXPECT_TRUE(reports_read(99).judgements.empty());
    EXPECT_TRUE(absent_at(102).judgements.empty());
    EXPECT_TRUE(reports_read(99).judgements.empty());
    expect(reports_read(100), Verdict::lost, "");
}

TEST_F(LedgerReports, WhereThatLookWasBeforeLostIsSaidAtOnce) {
    EXPECT_TRUE(reports_read(101).judgements.empty());
    expect(absent_at(102), Verdict::lost, "");
}

TEST_F(LedgerReports, ALookThatReadNotAllChangesNoLossAndIsTold) {
    EXPECT_TRUE(absent_at(102).judgements.empty());
    expect(reports_read(103, "the look was cut"), Verdict::lost,
           "no report of non-delivery was found, but the look was cut");
}

TEST_F(LedgerReports, LostNeverWaitsBeyondTheGrace) {
    EXPECT_TRUE(absent_at(102).judgements.empty());
    EXPECT_TRUE(ledger_.settle(box_, t(149)).judgements.empty());
    expect(
        ledger_.settle(box_, t(150)), Verdict::lost,
        "no report of non-delivery was found, but the sender's mailbox was not looked into after "
        "the deadline");
}

TEST_F(LedgerReports, WhyTheLastLookForReportsReadNotAllIsToldWhereNoneFollowed) {
    ledger_.reports_read(sender_, t(50), "it could not be read: refused", t(50));
    EXPECT_TRUE(absent_at(102).judgements.empty());
    expect(
        ledger_.settle(box_, t(150)), Verdict::lost,
        "no report of non-delivery was found, but the sender's mailbox was not looked into after "
        "the deadline (the look before: it could not be read: refused)");
}

TEST_F(LedgerReports, AWeakReportDecidesOnlyInThePlaceOfLost) {
    BounceSeen report;
    report.mail = 1;
    report.weak = true;
    report.detail = "5.1.1 unknown user";
    EXPECT_TRUE(ledger_.bounced(report, t(10)).judgements.empty());
    EXPECT_TRUE(reports_read(101).judgements.empty());
    expect(absent_at(102), Verdict::bounced, "5.1.1 unknown user");
}

TEST_F(LedgerReports, AnArrivalBesideAWeakReportIsDelivered) {
    BounceSeen report;
    report.mail = 1;
    report.weak = true;
    EXPECT_TRUE(ledger_.bounced(report, t(10)).judgements.empty());
    ledger_.look_began(box_, t(20));
    const Sighting seen{1, 7, t(20), BodyState::unread, 42, {5}};
    const Outcome outcome = ledger_.sighted(box_, seen, t(20));
    ASSERT_EQ(outcome.judgements.size(), 1U);
    EXPECT_EQ(outcome.judgements[0].verdict, Verdict::delivered);
}

}  // namespace
}  // namespace mailprobed
