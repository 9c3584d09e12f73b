// SPDX-License-Identifier: Apache-2.0
// Series of mailboxes and connections, and what labels may hold.
#include "daemon/metrics/metrics.hpp"
#include "daemon/metrics/process_metrics.hpp"
#include "probes/domain/plan/routing.hpp"
#include "tests/support/metrics_facts.hpp"
#include "tests/support/metrics_support.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>

namespace mailprobed::daemon_test {
namespace {

using namespace std::chrono_literals;

Exposition read(const Metrics& metrics) {
    return parse_exposition(metrics.render());
}

/// Account b reads the mailbox of a; account c reads another one; nobody probes c's.
Settings shared_mailbox() {
    Settings settings = one_probe(TlsMode::implicit);
    AccountSettings b = settings.accounts[0];
    b.name = "b";
    AccountSettings c = settings.accounts[0];
    c.name = "c";
    c.mailbox->username = "c";
    settings.accounts.push_back(b);
    settings.accounts.push_back(c);
    settings.probes[0].to = "b";
    return settings;
}

TEST(MetricsMailbox, ALookCountsAndACompleteOneTellsItsTime) {
    Metrics metrics(one_probe(TlsMode::implicit));
    LookDone good = look();
    good.took = 200ms;
    good.messages = 12;
    good.deleted = 3;
    good.came_again = 2;
    good.left = 7;
    good.look_interval = 5s;
    metrics.on(good);
    LookDone bad = look(StageCause{Stage::auth, Cause::mailbox_busy}, kWhen + 9s);
    bad.took = 300ms;
    bad.look_interval = 10s;
    bad.left = 5;
    metrics.on(bad);
    const Exposition now = read(metrics);
    const std::map<std::string, std::string> a{{"mailbox", "a"}};
    EXPECT_EQ(now.value("mailprobed_mailbox_looks_total", a), 2);
    EXPECT_EQ(now.value("mailprobed_mailbox_complete_looks_total", a), 1);
    EXPECT_EQ(now.value("mailprobed_mailbox_deleted_total", a), 3);
    EXPECT_EQ(now.value("mailprobed_mailbox_removals_undone_total", a), 2);
    EXPECT_EQ(now.value("mailprobed_mailbox_own_messages_left", a), 5);
    EXPECT_EQ(now.value("mailprobed_mailbox_messages", a), 12);
    EXPECT_EQ(now.value("mailprobed_mailbox_look_interval_seconds", a), 10);
    EXPECT_EQ(now.value("mailprobed_mailbox_last_complete_look_timestamp_seconds", a),
              1'700'000'000);
    EXPECT_DOUBLE_EQ(now.value("mailprobed_mailbox_look_seconds_sum", a), 0.5);
    EXPECT_EQ(now.value("mailprobed_mailbox_failures_total",
                        {{"mailbox", "a"}, {"stage", "auth"}, {"cause", "mailbox_busy"}}),
              1);
}

TEST(MetricsMailbox, TheClockOfTheServerIsThatOfTheNewestMailAheadAboveZero) {
    Metrics metrics(one_probe(TlsMode::implicit));
    const auto ahead = [&metrics] {
        return read(metrics).value("mailprobed_mailbox_clock_ahead_seconds", {{"mailbox", "a"}});
    };
    LookDone fact = look();
    fact.clock_ahead = 90500ms;
    metrics.on(fact);
    EXPECT_DOUBLE_EQ(ahead(), 90.5);
    metrics.on(look());
    EXPECT_DOUBLE_EQ(ahead(), 90.5) << "a look without a mail says nothing";
    fact.clock_ahead = -2s;
    metrics.on(fact);
    EXPECT_DOUBLE_EQ(ahead(), -2);
}

TEST(MetricsMailbox, TheLoginsThatAreLeftAreThoseOfTheNewestLook) {
    Metrics metrics(one_probe(TlsMode::implicit));
    LookDone fact = look();
    for (const double left : {60.0, 59.5, 0.0}) {
        fact.logins_left = left;
        metrics.on(fact);
        EXPECT_DOUBLE_EQ(read(metrics).value("mailprobed_mailbox_logins_left", {}), left);
    }
}

TEST(MetricsMailbox, RejectedTagsAreCountedByReason) {
    Metrics metrics(one_probe(TlsMode::implicit));
    for (const TagReject reason : kTagRejects) {
        metrics.on(TagRejected{"a", reason});
        EXPECT_EQ(read(metrics).value("mailprobed_mailbox_tags_rejected_total",
                                      {{"reason", std::string(to_string(reason))}}),
                  1);
    }
}

TEST(MetricsMailbox, AccountsOfOneMailboxShareSeriesNamedAfterTheFirst) {
    Metrics metrics(shared_mailbox());
    metrics.on(look());
    LookDone other_name = look();
    other_name.mailbox = "b";
    metrics.on(other_name);
    metrics.on(Connected{"b", Protocol::pop3, IpFamily::v4});
    const Exposition now = read(metrics);
    EXPECT_EQ(now.value("mailprobed_mailbox_looks_total", {}), 2);
    EXPECT_EQ(now.count("mailprobed_mailbox_looks_total", {{"mailbox", "a"}}), 1U);
    EXPECT_EQ(now.count("mailprobed_probe_info", {{"to", "b"}, {"mailbox", "a"}}), 1U);
    EXPECT_EQ(now.count("mailprobed_address_family_info", {{"account", "a"}}), 1U);
}

TEST(MetricsMailbox, UserNameHostAndPortTellMailboxesApart) {
    Settings settings = shared_mailbox();
    EXPECT_EQ(mailboxes_of(settings).at("b"), "a");
    EXPECT_EQ(mailboxes_of(settings).at("c"), "c");
    settings.accounts[1].mailbox->server.port = 111;
    EXPECT_EQ(mailboxes_of(settings).at("b"), "b");
    settings.accounts[1].mailbox->server.port = 110;
    settings.accounts[1].mailbox->server.host = "other.example.org";
    EXPECT_EQ(mailboxes_of(settings).at("b"), "b");
}

TEST(MetricsConnection, TlsFactsAreShownAndReplacedWhenTheyChange) {
    Metrics metrics(one_probe(TlsMode::implicit));
    TlsFacts facts{"TLSv1.2", "AES\"\\", WallTime{1'800'000'000s}};
    metrics.on(Encrypted{"a", Protocol::smtp, facts});
    facts.version = "TLSv1.3";
    metrics.on(Encrypted{"a", Protocol::smtp, facts});
    metrics.on(Encrypted{"a", Protocol::smtp, facts});
    const Exposition now = read(metrics);
    const std::map<std::string, std::string> smtp{{"account", "a"}, {"protocol", "smtp"}};
    EXPECT_EQ(now.value("mailprobed_tls_info", smtp), 1);
    EXPECT_EQ(now.count("mailprobed_tls_info", {{"version", "TLSv1.3"}, {"cipher", "AES\"\\"}}),
              1U);
    EXPECT_EQ(now.value("mailprobed_tls_chain_not_after_timestamp_seconds", smtp), 1'800'000'000);
}

TEST(MetricsConnection, TheAddressFamilyIsReplacedWhenItChanges) {
    Metrics metrics(one_probe(TlsMode::none));
    metrics.on(Connected{"a", Protocol::pop3, IpFamily::v6});
    metrics.on(Connected{"a", Protocol::pop3, IpFamily::v4});
    const Exposition now = read(metrics);
    EXPECT_EQ(now.value("mailprobed_address_family_info", {{"protocol", "pop3"}}), 1);
    EXPECT_EQ(now.count("mailprobed_address_family_info", {{"family", "v4"}}), 1U);
}

TEST(MetricsConnection, SwitchedOffVerificationIsShownAndNoTlsHasNoTlsSeries) {
    Settings settings = one_probe(TlsMode::implicit);
    settings.accounts[0].mailbox->server.tls_verify = false;
    const Exposition now = read(Metrics(settings));
    EXPECT_EQ(now.value("mailprobed_tls_verify_disabled", {{"protocol", "pop3"}}), 1);
    EXPECT_EQ(now.value("mailprobed_tls_verify_disabled", {{"protocol", "smtp"}}), 0);
    const Exposition plain = read(Metrics(one_probe(TlsMode::none)));
    EXPECT_EQ(plain.count("mailprobed_tls_verify_disabled", {}), 0U);
    EXPECT_EQ(plain.count("mailprobed_tls_chain_not_after_timestamp_seconds", {}), 0U);
}

TEST(MetricsLabels, ConfiguredLabelsStandInTheInfoSeriesAndNeverReplaceItsOwn) {
    Settings settings = one_probe(TlsMode::implicit);
    settings.probes[0].labels = {{"team", "mail\nops \"x\""},
                                 {"to", "mine"},
                                 {"bad-name", "1"},
                                 {"9th", "2"},
                                 {"__name__", "3"}};
    const Exposition now = read(Metrics(settings));
    EXPECT_EQ(now.value("mailprobed_probe_info", {{"probe", "p"},
                                                  {"from", "a"},
                                                  {"to", "a"},
                                                  {"mailbox", "a"},
                                                  {"team", "mail\nops \"x\""},
                                                  {"label_to", "mine"},
                                                  {"bad_name", "1"},
                                                  {"label_9th", "2"},
                                                  {"label___name__", "3"}}),
              1);
}

TEST(MetricsLabels, BytesThatAreNotUtf8DoNotReachTheExposition) {
    Settings settings = one_probe(TlsMode::implicit);
    settings.probes[0].name = "p\xff";
    settings.probes[0].labels = {{"team", "\xc3("}};
    Metrics metrics(settings);
    metrics.on(started("p\xff"));
    const std::string text = metrics.render();
    EXPECT_EQ(text.find('\xff'), std::string::npos);
    EXPECT_EQ(
        parse_exposition(text).value("mailprobed_mails_started_total", {{"probe", "p\uFFFD"}}), 1);
    EXPECT_EQ(parse_exposition(text).count("mailprobed_probe_info", {{"team", "\uFFFD("}}), 1U);
}

TEST(MetricsProcess, TheCommandsNameCannotConfuseTheReaderOfStat) {
    const auto stat = parse_process_stat(
        "7 (a) S 1) R 1 2 3 4 5 6 7 8 9 10 150 50 13 14 15 16 3 0 9000 4096 2 "
        "18446744073709551615");
    ASSERT_TRUE(stat);
    EXPECT_EQ(stat->cpu_ticks, 200);
    EXPECT_EQ(stat->threads, 3);
    EXPECT_EQ(stat->start_ticks, 9000);
    EXPECT_EQ(stat->virtual_bytes, 4096);
    EXPECT_EQ(stat->resident_pages, 2);
    EXPECT_FALSE(parse_process_stat(""));
    EXPECT_FALSE(parse_process_stat("7 (a) R 1 2 3"));
}

TEST(MetricsProcess, TheProcessTellsOfItselfPlausibly) {
    const Exposition now = read(Metrics(one_probe(TlsMode::none)));
    const double started = now.value("process_start_time_seconds", {});
    const auto unix_now =
        std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch());
    EXPECT_NEAR(started, unix_now.count(), 3600);
    EXPECT_GT(now.value("process_resident_memory_bytes", {}), 1e6);
    EXPECT_GE(now.value("process_virtual_memory_bytes", {}),
              now.value("process_resident_memory_bytes", {}));
    EXPECT_GE(now.value("process_open_fds", {}), 3);
    EXPECT_LE(now.value("process_open_fds", {}), now.value("process_max_fds", {}));
    EXPECT_GE(now.value("process_threads", {}), 1);
    EXPECT_GE(now.value("process_cpu_seconds_total", {}), 0);
}

TEST(MetricsThreads, RenderingOnAnotherThreadSeesWholeObservations) {
    Metrics metrics(one_probe(TlsMode::implicit));
    std::jthread scraper([&metrics](const std::stop_token& stop) {
        while (!stop.stop_requested()) {
            const Exposition now = read(metrics);
            EXPECT_EQ(now.value("mailprobed_delivery_seconds_sum", {}),
                      now.value("mailprobed_delivery_seconds_count", {}));
            EXPECT_LE(now.count("mailprobed_tls_info", {}), 1U);
        }
    });
    for (int i = 0; i < 2000; ++i) {
        metrics.on(started());
        metrics.on(delivered(1100ms));
        metrics.on(look());
        const TlsFacts facts{i % 2 == 0 ? "TLSv1.2" : "TLSv1.3", "x", WallTime{}};
        metrics.on(Encrypted{"a", Protocol::smtp, facts});
    }
    scraper.request_stop();
    scraper.join();
    EXPECT_EQ(read(metrics).value("mailprobed_delivery_seconds_count", {}), 2000);
}

TEST(MetricsThreads, EveryScrapeAccountsForEveryMailThatBeganUntilThen) {
    Metrics metrics(one_probe(TlsMode::implicit));
    ProbeRestored left;
    left.probe = "p";
    left.mails = 1;
    metrics.on(left);
    std::atomic<int> scrapes = 0;
    std::jthread scraper([&](const std::stop_token& stop) {
        while (!stop.stop_requested()) {
            const Exposition now = read(metrics);
            double ended = 0;
            for (const Sample& sample : now.samples)
                if (sample.name == "mailprobed_verdicts_total") ended += sample.value;
            EXPECT_EQ(now.value("mailprobed_mails_started_total", {}) +
                          now.value("mailprobed_mails_restored_total", {}),
                      ended + now.value("mailprobed_pending_mails", {}));
            ++scrapes;
        }
    });
    for (int i = 0; scrapes < 100; ++i) {
        metrics.on(started());
        metrics.on(pending(2));
        metrics.on(i % 2 == 0 ? delivered(1100ms) : judged(Verdict::lost));
        metrics.on(pending(1));
    }
    scraper.request_stop();
    scraper.join();
    EXPECT_EQ(read(metrics).value("mailprobed_pending_mails", {}), 1);
}

}  // namespace
}  // namespace mailprobed::daemon_test
