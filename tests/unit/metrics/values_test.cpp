// SPDX-License-Identifier: Apache-2.0
// What each fact about a probe changes.
#include "daemon/metrics/metrics.hpp"
#include "tests/support/metrics_facts.hpp"
#include "tests/support/metrics_support.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <string>

namespace mailprobed::daemon_test {
namespace {

using namespace std::chrono_literals;
using Labels = std::map<std::string, std::string>;

class MetricsValues : public testing::Test {
  protected:
    double value(const std::string& name, Labels labels = {}) const {
        labels["probe"] = "p";
        return parse_exposition(metrics_.render()).value("mailprobed_" + name, labels);
    }
    void judge(Verdict verdict) {
        MailJudged fact = judged(verdict, StageCause{Stage::accept, Cause::rejected_permanent});
        fact.at = kWhen + 1s;
        metrics_.on(fact);
    }

    Metrics metrics_{one_probe(TlsMode::implicit)};
};

TEST_F(MetricsValues, AStartCountsAndTellsItsLagAndTime) {
    MailStarted fact = started();
    fact.start_lag = 20ms;
    metrics_.on(fact);
    EXPECT_EQ(value("mails_started_total"), 1);
    EXPECT_DOUBLE_EQ(value("start_lag_seconds_sum"), 0.02);
    EXPECT_EQ(value("start_lag_seconds_count"), 1);
    EXPECT_EQ(value("last_started_timestamp_seconds"), 1'700'000'000);
}

TEST_F(MetricsValues, ADeliveredMailIsInTheHistogramAtItsUpperBoundInclusive) {
    metrics_.on(delivered(500ms));
    EXPECT_EQ(value("round_trip_seconds_bucket", {{"le", "0.25"}}), 0);
    EXPECT_EQ(value("round_trip_seconds_bucket", {{"le", "0.5"}}), 1);
    EXPECT_EQ(value("round_trip_seconds_bucket", {{"le", "+Inf"}}), 1);
    EXPECT_DOUBLE_EQ(value("round_trip_seconds_sum"), 0.5);
    EXPECT_DOUBLE_EQ(value("delivery_seconds_sum"), 0.4);
    EXPECT_DOUBLE_EQ(value("last_round_trip_seconds"), 0.5);
    EXPECT_DOUBLE_EQ(value("last_uncertainty_seconds"), 0.03);
    EXPECT_DOUBLE_EQ(value("last_delivered_timestamp_seconds"), 1'700'000'000);
    EXPECT_DOUBLE_EQ(value("last_verdict_timestamp_seconds"), 1'700'000'000);
    EXPECT_EQ(value("verdicts_total", {{"verdict", "delivered"}}), 1);
    EXPECT_EQ(value("probe_up"), 1);
}

TEST_F(MetricsValues, TheHistogramHasTheBucketsOfTheDesign) {
    const Exposition now = parse_exposition(metrics_.render());
    std::string bounds;
    for (const Sample& sample : now.samples) {
        if (sample.name == "mailprobed_round_trip_seconds_bucket") {
            bounds += sample.labels.at("le") + " ";
        }
    }
    EXPECT_EQ(bounds,
              "0.1 0.25 0.5 1 2 3 5 7.5 10 15 20 30 45 60 90 120 180 300 600 900 1800 3600 7200 "
              "14400 +Inf ");
}

TEST_F(MetricsValues, AnUnmeasuredMailIsNotInHistogramOrDelivery) {
    MailJudged fact = delivered(40s);
    fact.unmeasured = true;
    metrics_.on(fact);
    EXPECT_EQ(value("unmeasured_mails_total"), 1);
    EXPECT_EQ(value("round_trip_seconds_count"), 0);
    EXPECT_EQ(value("delivery_seconds_count"), 0);
    EXPECT_EQ(value("verdicts_total", {{"verdict", "delivered"}}), 1);
    EXPECT_EQ(value("last_round_trip_seconds"), 40);
}

TEST_F(MetricsValues, TheObjectiveIsMetUpToAndIncludingItsLatency) {
    metrics_.on(delivered(60s));
    metrics_.on(delivered(60s + 1ms));
    EXPECT_EQ(value("slo_latency_seconds"), 60);
    EXPECT_EQ(value("slo_good_total"), 1);
}

TEST_F(MetricsValues, AlteredAndDeadlineUncertainMailsAreCounted) {
    MailJudged fact = delivered(1s);
    fact.body = BodyState::altered;
    metrics_.on(fact);
    fact.body = BodyState::unread;
    fact.deadline_uncertain = true;
    metrics_.on(fact);
    EXPECT_EQ(value("altered_mails_total"), 1);
    EXPECT_EQ(value("deadline_uncertain_total"), 1);
}

TEST_F(MetricsValues, EveryVerdictHasItsOwnCounterAndOnlyDeliveredIsUp) {
    for (const Verdict verdict : {Verdict::send_failed, Verdict::lost, Verdict::unobserved}) {
        metrics_.on(delivered(1s));
        judge(verdict);
        EXPECT_EQ(value("probe_up"), 0) << to_string(verdict);
        EXPECT_EQ(value("verdicts_total", {{"verdict", std::string(to_string(verdict))}}), 1);
    }
    EXPECT_EQ(value("last_verdict_timestamp_seconds"), 1'700'000'001);
    EXPECT_EQ(value("last_delivered_timestamp_seconds"), 1'700'000'000);
    EXPECT_EQ(value("round_trip_seconds_count"), 3);
}

TEST_F(MetricsValues, OnlyASendFailureHasStageAndCauseAndOneForEachMail) {
    judge(Verdict::send_failed);
    judge(Verdict::lost);
    metrics_.on(judged(Verdict::send_failed));
    const Labels rejected{{"stage", "accept"}, {"cause", "rejected_permanent"}};
    EXPECT_EQ(value("send_failures_total", rejected), 1);
    EXPECT_EQ(value("send_failures_total", {{"stage", "accept"}, {"cause", "internal"}}), 1);
}

TEST_F(MetricsValues, AFailureIsCountedUnderThePairItIsFoldedInto) {
    metrics_.on(judged(Verdict::send_failed, StageCause{Stage::envelope, Cause::reset}));
    EXPECT_EQ(value("send_failures_total", {{"stage", "envelope"}, {"cause", "eof"}}), 1);
}

TEST_F(MetricsValues, TheStreakEndsWithADeliveryAndRecentBadForgetsAfterTen) {
    for (int i = 0; i < 3; ++i)
        judge(Verdict::lost);
    EXPECT_EQ(value("bad_streak"), 3);
    EXPECT_EQ(value("recent_bad"), 3);
    for (int i = 0; i < 8; ++i)
        metrics_.on(delivered(1s));
    EXPECT_EQ(value("bad_streak"), 0);
    EXPECT_EQ(value("recent_bad"), 2);
    for (int i = 0; i < 12; ++i)
        judge(Verdict::lost);
    EXPECT_EQ(value("bad_streak"), 12);
    EXPECT_EQ(value("recent_bad"), 10);
}

TEST_F(MetricsValues, OnlyStagesThatSucceededAreTimed) {
    metrics_.on(stage(Stage::auth, 40ms));
    metrics_.on(stage(Stage::auth, 30s, Cause::timeout));
    metrics_.on(stage(Stage::hello, 1ms));
    EXPECT_EQ(value("stage_seconds_count", {{"stage", "auth"}}), 1);
    EXPECT_DOUBLE_EQ(value("stage_seconds_sum", {{"stage", "auth"}}), 0.04);
}

TEST_F(MetricsValues, EvidenceIsCountedByKindAndLateMailsAreTimed) {
    for (const Evidence kind : kEvidences) {
        metrics_.on(evidence(kind, 700s));
        EXPECT_EQ(value("after_verdict_total", {{"kind", std::string(to_string(kind))}}), 1);
    }
    EXPECT_EQ(value("late_seconds_count"), 1);
    EXPECT_EQ(value("late_seconds_sum"), 700);
}

TEST_F(MetricsValues, TransitIsThatOfTheMailDeliveredLastAndMayBeBelowZero) {
    MailJudged fact = delivered(1s);
    fact.transit = 2500ms;
    metrics_.on(fact);
    EXPECT_DOUBLE_EQ(value("received_transit_seconds"), 2.5);
    fact.transit.reset();
    metrics_.on(fact);
    EXPECT_DOUBLE_EQ(value("received_transit_seconds"), 2.5) << "one hop says nothing";
    fact.transit = -1500ms;
    metrics_.on(fact);
    EXPECT_DOUBLE_EQ(value("received_transit_seconds"), -1.5);
    EXPECT_DOUBLE_EQ(value("delivery_seconds_sum"), 2.7) << "never part of a latency";
}

TEST_F(MetricsValues, AMethodThatPassedIsOneAndEverythingElseIsZero) {
    const auto pass = [this](const char* method) {
        return value("authentication_pass", {{"method", method}});
    };
    MailJudged fact = delivered(1s);
    fact.authentication.emplace();
    fact.authentication->spf = AuthResult::pass;
    fact.authentication->dkim = AuthResult::fail;
    metrics_.on(fact);
    EXPECT_EQ(pass("spf"), 1);
    EXPECT_EQ(pass("dkim"), 0);
    EXPECT_EQ(pass("dmarc"), 0);
    for (const AuthResult other : {AuthResult::other, AuthResult::absent}) {
        fact.authentication->spf = other;
        fact.authentication->dkim = AuthResult::pass;
        fact.authentication->dmarc = AuthResult::pass;
        metrics_.on(fact);
        EXPECT_EQ(pass("spf"), 0);
        EXPECT_EQ(pass("dkim"), 1);
        EXPECT_EQ(pass("dmarc"), 1);
        fact.authentication->spf = AuthResult::pass;
        metrics_.on(fact);
        EXPECT_EQ(pass("spf"), 1);
    }
}

TEST_F(MetricsValues, BouncesAreCountedByTheClassOfTheirStatus) {
    MailJudged fact = judged(Verdict::bounced);
    int count = 0;
    for (const StatusClass status : kStatusClasses) {
        fact.status_class = status;
        for (int i = 0; i <= count; ++i)
            metrics_.on(fact);
        ++count;
    }
    count = 0;
    for (const StatusClass status : kStatusClasses) {
        EXPECT_EQ(value("bounces_total", {{"status_class", std::string(to_string(status))}}),
                  ++count);
    }
    EXPECT_EQ(value("verdicts_total", {{"verdict", "bounced"}}), 6);
    EXPECT_EQ(value("probe_up"), 0);
}

TEST_F(MetricsValues, WhatAnEarlierRunLeftIsShownAsItWas) {
    ProbeRestored fact;
    fact.probe = "p";
    fact.mails = 3;
    fact.history.last_started = kWhen + 4s;
    fact.history.last_delivered = kWhen + 1s;
    fact.history.last_verdict = kWhen + 2s;
    fact.history.last_round_trip = 1500ms;
    fact.history.last_uncertainty = 250ms;
    fact.history.bad_streak = 2;
    fact.history.recent_bad = 0b1000000011;
    metrics_.on(fact);
    EXPECT_EQ(value("mails_restored_total"), 3);
    EXPECT_EQ(value("mails_started_total"), 0);
    EXPECT_EQ(value("last_started_timestamp_seconds"), 1'700'000'004);
    EXPECT_EQ(value("last_delivered_timestamp_seconds"), 1'700'000'001);
    EXPECT_EQ(value("last_verdict_timestamp_seconds"), 1'700'000'002);
    EXPECT_DOUBLE_EQ(value("last_round_trip_seconds"), 1.5);
    EXPECT_DOUBLE_EQ(value("last_uncertainty_seconds"), 0.25);
    EXPECT_EQ(value("bad_streak"), 2);
    EXPECT_EQ(value("recent_bad"), 3);
    EXPECT_EQ(value("probe_up"), 0);
    judge(Verdict::lost);
    EXPECT_EQ(value("recent_bad"), 3) << "the oldest of ten is forgotten";
    EXPECT_EQ(value("bad_streak"), 3);
}

TEST_F(MetricsValues, EachRefusalWithAFurtherAttemptIsARetry) {
    metrics_.on(AttemptRefused{"p", 0xa1, {Stage::envelope, Cause::rejected_transient}});
    metrics_.on(AttemptRefused{"p", 0xa1, {Stage::envelope, Cause::rejected_transient}});
    EXPECT_EQ(value("retries_total"), 2);
    EXPECT_EQ(value("mails_started_total"), 0);
}

TEST_F(MetricsValues, PendingMailsTellTheirOldestStartAndZeroWhenThereIsNone) {
    metrics_.on(pending(2, kWhen));
    EXPECT_EQ(value("pending_mails"), 2);
    EXPECT_EQ(value("oldest_pending_timestamp_seconds"), 1'700'000'000);
    metrics_.on(pending(0));
    EXPECT_EQ(value("pending_mails"), 0);
    EXPECT_EQ(value("oldest_pending_timestamp_seconds"), 0);
}

TEST_F(MetricsValues, MissedTicksAreCountedByReason) {
    metrics_.on(TickMissed{"p", MissReason::overload, 1});
    metrics_.on(TickMissed{"p", MissReason::stalled, 7});
    EXPECT_EQ(value("ticks_missed_total", {{"reason", "overload"}}), 1);
    EXPECT_EQ(value("ticks_missed_total", {{"reason", "stalled"}}), 7);
}

TEST_F(MetricsValues, FactsAboutAnUnknownProbeChangeNothing) {
    const std::size_t before = parse_exposition(metrics_.render()).samples.size();
    metrics_.on(started("q"));
    LookDone elsewhere = look();
    elsewhere.mailbox = "q";
    metrics_.on(elsewhere);
    metrics_.on(Connected{"q", Protocol::pop3, IpFamily::v4});
    EXPECT_EQ(parse_exposition(metrics_.render()).samples.size(), before);
    EXPECT_EQ(value("mails_started_total"), 0);
}

}  // namespace
}  // namespace mailprobed::daemon_test
