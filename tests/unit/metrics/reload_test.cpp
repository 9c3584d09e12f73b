// SPDX-License-Identifier: Apache-2.0
// What a reload does to the series: those that stay go on, those that went are gone.
#include "daemon/metrics/metrics.hpp"
#include "daemon/metrics/probe_metrics.hpp"
#include "probes/net/boot_clock.hpp"
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

class MetricsReload : public testing::Test {
  protected:
    Exposition now() const { return parse_exposition(metrics_.render()); }

    Settings settings_ = one_probe(TlsMode::implicit);
    Metrics metrics_{settings_};
};

TEST_F(MetricsReload, TheStartCountsAsAReloadThatWorked) {
    metrics_.reloaded(true, kWhen);
    metrics_.reloaded(false, kWhen + 5s);
    EXPECT_EQ(now().value("mailprobed_config_last_reload_successful", {}), 0);
    EXPECT_EQ(now().value("mailprobed_config_last_reload_success_timestamp_seconds", {}),
              1'700'000'000);
}

TEST_F(MetricsReload, EveryScrapeTellsTheClockThatOtherInstantsAreToBeComparedWith) {
    for (int scrape = 0; scrape < 2; ++scrape) {
        const double before = unix_seconds(wall_now());
        const double told = now().value("mailprobed_clock_timestamp_seconds", {});
        EXPECT_GE(told, before - 0.001);
        EXPECT_LE(told, unix_seconds(wall_now()) + 0.001);
    }
}

TEST_F(MetricsReload, TheStartOfTheProcessIsAnInstantThatNothingChanges) {
    const double start = now().value("mailprobed_start_timestamp_seconds", {});
    EXPECT_NEAR(start, unix_seconds(wall_now()), 60);
    metrics_.reconfigure(settings_);
    metrics_.reloaded(true, kWhen);
    EXPECT_EQ(now().value("mailprobed_start_timestamp_seconds", {}), start);
}

TEST_F(MetricsReload, AProbeThatStaysKeepsItsCountersAndTakesItsNewIntervalAndLabels) {
    metrics_.on(started());
    metrics_.on(judged(Verdict::lost, StageCause{Stage::accept, Cause::timeout}));
    ProbeSettings& probe = settings_.probes.front();
    probe.interval = 7s;
    probe.labels = {{"team", "post"}};
    metrics_.reconfigure(settings_);
    metrics_.on(judged(Verdict::lost, StageCause{Stage::accept, Cause::timeout}));
    const Exposition page = now();
    EXPECT_EQ(page.value("mailprobed_mails_started_total", {{"probe", "p"}}), 1);
    EXPECT_EQ(page.value("mailprobed_verdicts_total", {{"probe", "p"}, {"verdict", "lost"}}), 2);
    EXPECT_EQ(page.value("mailprobed_recent_bad", {{"probe", "p"}}), 2);
    EXPECT_EQ(page.value("mailprobed_start_lag_seconds_count", {{"probe", "p"}}), 1);
    EXPECT_EQ(page.value("mailprobed_interval_seconds", {{"probe", "p"}}), 7);
    EXPECT_EQ(page.count("mailprobed_probe_info", {{"probe", "p"}}), 1U);
    EXPECT_EQ(page.count("mailprobed_probe_info", {{"team", "post"}}), 1U);
}

TEST_F(MetricsReload, SeriesThatTheNewSettingsDoNotCallForEnd) {
    EXPECT_GT(now().count("mailprobed_send_failures_total", {{"stage", "tls"}}), 0U);
    settings_.accounts.front().smtp->server.tls = TlsMode::none;
    metrics_.reconfigure(settings_);
    const Exposition page = now();
    EXPECT_EQ(page.count("mailprobed_send_failures_total", {{"stage", "tls"}}), 0U);
    EXPECT_EQ(page.count("mailprobed_stage_seconds_count", {{"stage", "tls"}}), 0U);
    EXPECT_GT(page.count("mailprobed_send_failures_total", {{"stage", "connect"}}), 0U);
    EXPECT_EQ(page.count("mailprobed_tls_verify_disabled", {{"protocol", "smtp"}}), 0U);
    EXPECT_EQ(page.count("mailprobed_tls_verify_disabled", {{"protocol", "pop3"}}), 1U);
}

TEST_F(MetricsReload, ARemovedProbeIsShownUntilItIsGoneAndThenNotAtAll) {
    ProbeSettings second = settings_.probes.front();
    second.name = "q";
    settings_.probes.push_back(second);
    metrics_.reconfigure(settings_);
    const std::size_t whole = now().samples.size();
    settings_.probes.pop_back();
    metrics_.reconfigure(settings_);
    EXPECT_EQ(now().samples.size(), whole);
    metrics_.on(ProbeGone{"q"});
    EXPECT_EQ(now().count("", {{"probe", "q"}}), 0U);
    EXPECT_GT(now().count("", {{"probe", "p"}}), 50U);
    MailStarted late = started();
    late.probe = "q";
    metrics_.on(late);
    EXPECT_EQ(now().count("", {{"probe", "q"}}), 0U);
}

TEST_F(MetricsReload, AMailboxThatIsGoneTakesItsConnectionsWithIt) {
    metrics_.on(Connected{"a", Protocol::pop3, IpFamily::v4});
    EXPECT_EQ(now().count("mailprobed_address_family_info", {{"account", "a"}}), 1U);
    metrics_.on(MailboxGone{"a"});
    EXPECT_EQ(now().count("", {{"mailbox", "a"}}), 1U) << "the probe still names it";
    EXPECT_EQ(now().count("mailprobed_probe_info", {{"mailbox", "a"}}), 1U);
    EXPECT_EQ(now().count("", {{"account", "a"}, {"protocol", "pop3"}}), 0U);
    EXPECT_GT(now().count("", {{"account", "a"}, {"protocol", "smtp"}}), 0U);
}

TEST_F(MetricsReload, ManyReloadsLeaveAsManySeriesAsOne) {
    const std::size_t before = now().samples.size();
    for (int i = 0; i < 200; ++i) {
        Settings other = settings_;
        other.accounts.front().smtp->server.tls = i % 2 == 0 ? TlsMode::starttls : TlsMode::none;
        other.probes.front().labels = {{"turn", std::to_string(i)}};
        ProbeSettings second = other.probes.front();
        second.name = "q" + std::to_string(i);
        other.probes.push_back(second);
        metrics_.reconfigure(other);
        metrics_.reconfigure(settings_);
        metrics_.on(ProbeGone{second.name});
    }
    EXPECT_EQ(now().samples.size(), before);
}

}  // namespace
}  // namespace mailprobed::daemon_test
