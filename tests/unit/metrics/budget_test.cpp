// SPDX-License-Identifier: Apache-2.0
// A probe may cost at most 120 series, whatever its TLS mode.
#include "daemon/metrics/metrics.hpp"
#include "tests/support/metrics_facts.hpp"
#include "tests/support/metrics_support.hpp"

#include <gtest/gtest.h>

#include <string>

namespace mailprobed::daemon_test {
namespace {

std::size_t series_of_probe(const Metrics& metrics) {
    return parse_exposition(metrics.render()).count("", {{"probe", "p"}});
}

struct Case {
    TlsMode mode;
    std::size_t series;
    const char* name;
};

class MetricsBudget : public testing::TestWithParam<Case> {};

TEST_P(MetricsBudget, AProbeHasAtMost120SeriesFromTheStart) {
    const Metrics metrics(one_probe(GetParam().mode));
    EXPECT_EQ(series_of_probe(metrics), GetParam().series);
    EXPECT_LE(series_of_probe(metrics), 120U);
}

TEST_P(MetricsBudget, EveryPossibleFactLeavesTheNumberOfSeriesAsItWas) {
    Metrics metrics(one_probe(GetParam().mode));
    metrics.on(started());
    for (const Stage which : stages_of(Side::sending, GetParam().mode)) {
        metrics.on(stage(which));
    }
    for (const Verdict verdict : kVerdicts) {
        metrics.on(judged(verdict, StageCause{Stage::connect, Cause::refused}));
    }
    for (const StageCause pair : possible_failures(Side::sending, GetParam().mode)) {
        metrics.on(judged(Verdict::send_failed, pair));
    }
    for (const Evidence kind : kEvidences) {
        metrics.on(evidence(kind));
    }
    for (const MissReason reason : kMissReasons)
        metrics.on(TickMissed{"p", reason, 1});
    metrics.on(pending(1, kWhen));
    metrics.on(Connected{"a", Protocol::smtp, IpFamily::v4});
    EXPECT_EQ(series_of_probe(metrics), GetParam().series);
}

INSTANTIATE_TEST_SUITE_P(TlsModes, MetricsBudget,
                         testing::Values(Case{TlsMode::implicit, 118, "implicit"},
                                         Case{TlsMode::starttls, 120, "starttls"},
                                         Case{TlsMode::none, 111, "none"}),
                         [](const auto& one) { return std::string(one.param.name); });

TEST(MetricsBudget, OnlyAFailureOutsideTheTableAddsASeriesAndItIsInternal) {
    Metrics metrics(one_probe(TlsMode::starttls));
    const StageCause other_mode{Stage::tls, Cause::tls_expired};
    const StageCause impossible{Stage::resolve, Cause::too_big};
    for (const StageCause pair : {other_mode, impossible, impossible}) {
        metrics.on(judged(Verdict::send_failed, pair));
    }
    const Exposition now = parse_exposition(metrics.render());
    const std::string name = "mailprobed_send_failures_total";
    EXPECT_EQ(now.value(name, {{"stage", "tls"}, {"cause", "internal"}}), 1);
    EXPECT_EQ(now.value(name, {{"stage", "resolve"}, {"cause", "internal"}}), 2);
    EXPECT_EQ(now.count("", {{"probe", "p"}}), 122U);
}

TEST(MetricsBudget, EverySeriesOfAProbeIsZeroAtTheStartButItsSettings) {
    const Metrics metrics(one_probe(TlsMode::implicit));
    const Exposition start = parse_exposition(metrics.render());
    for (const Sample& sample : start.samples) {
        if (sample.name.starts_with("process_")) continue;
        const bool setting = sample.name == "mailprobed_interval_seconds" ||
                             sample.name == "mailprobed_journal_healthy" ||
                             sample.name == "mailprobed_clock_timestamp_seconds" ||
                             sample.name == "mailprobed_start_timestamp_seconds" ||
                             sample.name == "mailprobed_deadline_seconds" ||
                             sample.name == "mailprobed_slo_latency_seconds" ||
                             sample.name.ends_with("_info");
        EXPECT_EQ(sample.value == 0, !setting) << sample.name;
    }
}

}  // namespace
}  // namespace mailprobed::daemon_test
