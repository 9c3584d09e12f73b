// SPDX-License-Identifier: Apache-2.0
// What holds across a restart beyond single verdicts: nothing is sent, read or counted twice, the
// grid goes on, latencies stay true, and nothing is deleted on the word of a journal that fails.
#include "daemon/store/place.hpp"
#include "daemon/store/schema.hpp"
#include "probes/domain/plan/schedule.hpp"
#include "probes/net/boot_clock.hpp"
#include "tests/e2e/monitor/restart_scene.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <condition_variable>
#include <filesystem>
#include <map>
#include <mutex>

namespace mailprobed::test {
namespace {

using loopback::Event;
using loopback::EventKind;
using loopback::parse_fault;
using std::chrono::milliseconds;
using std::chrono::seconds;

class RestartRules : public testing::Test {
  protected:
    RestartRules() : server_(options()) {
        server_.start();
        settings_ = settings_for(server_, {"alice"});
        settings_.state_directory = directory_.path();
    }

    static loopback::Options options() {
        loopback::Options result;
        result.accounts = accounts_for({"alice"});
        return result;
    }
    /// The one mail of a probe with an hour's interval.
    void one_mail() { settings_.probes[0].interval = interval_with_tick_soon("alice"); }

    std::unique_ptr<MonitorThread> start(Recorder& recorder) {
        return std::make_unique<MonitorThread>(settings_, recorder);
    }
    [[nodiscard]] std::string ask(const std::string& query) const {
        soci::session sql;
        open_ledger(sql, ledger_path(directory_.path()), LedgerAccess::read);
        std::string answer;
        sql << "SELECT CAST((" + query + ") AS TEXT)", soci::into(answer);
        return answer;
    }
    [[nodiscard]] std::map<std::string, int> submissions() const {
        std::map<std::string, int> times;
        for (const Event& event : server_.events()) {
            if (event.kind == EventKind::mail && event.mail && !event.mail->sender.empty()) {
                ++times[event.mail->tag];
            }
        }
        return times;
    }
    static bool is_visible(const Event& event) { return event.kind == EventKind::visible; }

    loopback::Server server_;
    TemporaryDirectory directory_;
    Settings settings_;
};

TEST_F(RestartRules, NothingIsSentTwiceAndEveryMailHasOneVerdictOverManyRestarts) {
    server_.set_delay(loopback::parse_delay("uniform:100ms:900ms"));
    std::uint64_t started = 0;
    std::uint64_t verdicts = 0;
    std::uint64_t left = 0;
    for (std::uint64_t life = 1; life <= 6; ++life) {
        Recorder recorder;
        const auto monitor = start(recorder);
        ASSERT_TRUE(recorder.wait([&](const Recorder& r) {
            const auto found = r.started.find("alice");
            return found != r.started.end() && found->second >= 1 + life % 2;
        }));
        const LedgerTotals totals = monitor->stop();
        EXPECT_EQ(totals.restored, left);
        EXPECT_EQ(totals.started + totals.restored, totals.verdicts + totals.pending);
        started += totals.started;
        verdicts += totals.verdicts;
        left = totals.pending;
    }
    EXPECT_EQ(started, verdicts + left);
    EXPECT_EQ(std::stoul(ask("SELECT COUNT(*) FROM mails")), started);
    for (const auto& [tag, times] : submissions())
        EXPECT_EQ(times, 1) << tag;
    // One slot of the grid never has two mails.
    const std::string interval = std::to_string(settings_.probes[0].interval.count());
    EXPECT_EQ(ask("SELECT COUNT(*) FROM mails a, mails b WHERE a.mail < b.mail AND"
                  " ABS(a.wall_ns - b.wall_ns) < " +
                  interval + " / 2"),
              "0");
}

TEST_F(RestartRules, AMailThatEndsInAMailboxThatNobodyReadsAnyMoreIsUnobservedAndNotLost) {
    server_.set_delay(loopback::parse_delay("60s"));
    one_mail();
    {
        Recorder recorder;
        const auto monitor = start(recorder);
        ASSERT_TRUE(recorder.wait([](const Recorder& r) { return r.started.contains("alice"); }));
    }
    ASSERT_EQ(ask("SELECT verdict FROM mails"), "");
    // Another port leads to the same mailbox, another user name does not.
    settings_.accounts[0].mailbox->server.port = 1;
    {
        Recorder recorder;
        const auto monitor = start(recorder);
        EXPECT_EQ(monitor->stop().restored, 1U);
    }
    EXPECT_EQ(ask("SELECT verdict FROM mails"), "");
    settings_.accounts[0].mailbox->username = "bob";
    {
        Recorder recorder;
        const auto monitor = start(recorder);
        EXPECT_EQ(monitor->stop().restored, 0U);
    }
    EXPECT_EQ(ask("SELECT verdict FROM mails WHERE detail LIKE '%another mailbox%'"), "unobserved");
}

TEST_F(RestartRules, AMailSentUnderAnotherNameOfTheInstanceIsStillOurs) {
    server_.set_delay(loopback::parse_delay("2s"));
    one_mail();
    settings_.probes[0].deadline = seconds{20};
    {
        Recorder recorder;
        const auto monitor = start(recorder);
        ASSERT_TRUE(server_.wait_for([](const Event& e) { return e.kind == EventKind::mail; },
                                     seconds{20}));
    }
    // The host was renamed, and with it the instance.
    settings_.instance = "renamed";
    Recorder recorder;
    const auto monitor = start(recorder);
    ASSERT_TRUE(recorder.wait([](const Recorder& r) { return !r.verdicts.empty(); }));
    ASSERT_EQ(ask("SELECT verdict FROM mails"), "delivered");
    EXPECT_TRUE(recorder.wait([](const Recorder& r) { return r.deleted == 1; }));
    monitor->stop();
    EXPECT_TRUE(recorder.rejected.empty());
}

TEST_F(RestartRules, ASlotThatWasUsedBeforeIsNotUsedAgain) {
    // The clock was set back: what is the next slot now has had its mail already.
    {
        Recorder recorder;
        const auto monitor = start(recorder);
        ASSERT_TRUE(recorder.wait(
            [](const Recorder& r) { return r.count("alice", Verdict::delivered) > 0; }));
    }
    settings_.probes[0].interval = seconds{3};
    const WallTime wall = wall_now();
    const Instant now = BootClock::now();
    const TickGrid grid("alice", seconds{3}, wall, now);
    const WallTime slot = wall + (grid.next(now + seconds{1}) - now);
    {
        soci::session sql;
        open_ledger(sql, ledger_path(directory_.path()), LedgerAccess::write);
        const long long used = (slot + milliseconds{1}).time_since_epoch().count();
        sql << "UPDATE probes SET last_started_ns = :used", soci::use(used);
    }
    // Started within the second before the slot, a monitor has it as its first tick.
    Recorder recorder;
    const Instant begin = grid.next(now + seconds{1}) - milliseconds{900};
    std::condition_variable never;
    std::mutex mutex;
    std::unique_lock lock(mutex);
    never.wait_for(lock, begin - BootClock::now(), [] { return false; });
    const auto monitor = start(recorder);
    ASSERT_TRUE(recorder.wait([](const Recorder& r) { return r.started.contains("alice"); }));
    EXPECT_GE(wall_now(), slot + seconds{3} - milliseconds{100});
}

TEST_F(RestartRules, AMailFoundAtTheFirstLookAfterARestartIsUnmeasured) {
    one_mail();
    server_.add_fault(parse_fault("smtp DOT delay_delivery delivery=600ms"));
    Recorder first;
    auto monitor = start(first);
    ASSERT_TRUE(
        server_.wait_for([](const Event& e) { return e.kind == EventKind::mail; }, seconds{20}));
    monitor->stop();
    monitor.reset();
    ASSERT_TRUE(server_.wait_for(is_visible, seconds{20}));
    Recorder second;
    monitor = start(second);
    ASSERT_TRUE(
        second.wait([](const Recorder& r) { return r.count("alice", Verdict::delivered) == 1; }));
    monitor->stop();
    const MailJudged& fact = second.verdicts.at(0).fact;
    EXPECT_TRUE(fact.unmeasured);
    const Instant truth{std::chrono::nanoseconds{server_.wait_for(is_visible, seconds{1})->at_ns}};
    EXPECT_LE(fact.lower, truth);
    EXPECT_GE(fact.upper, truth);
}

TEST_F(RestartRules, AMailThatArrivesAfterTheFirstLookOfTheNewDaemonIsMeasuredExactly) {
    one_mail();
    settings_.probes[0].deadline = seconds{6};
    server_.add_fault(parse_fault("smtp DOT delay_delivery delivery=3s"));
    Recorder first;
    auto monitor = start(first);
    ASSERT_TRUE(first.wait([](const Recorder& r) { return r.complete_looks >= 2; }));
    monitor->stop();
    monitor.reset();
    EXPECT_TRUE(first.verdicts.empty());
    Recorder second;
    monitor = start(second);
    ASSERT_TRUE(
        second.wait([](const Recorder& r) { return r.count("alice", Verdict::delivered) == 1; }));
    monitor->stop();
    const MailJudged& fact = second.verdicts.at(0).fact;
    EXPECT_FALSE(fact.unmeasured);
    const Instant truth{std::chrono::nanoseconds{server_.wait_for(is_visible, seconds{1})->at_ns}};
    EXPECT_LE(fact.lower, truth);
    EXPECT_GE(fact.upper, truth);
    // From the first connect of the first daemon, by the server's clock.
    const auto connect = server_.wait_for(
        [](const Event& e) {
            return e.kind == EventKind::connect && e.protocol == loopback::Protocol::smtp;
        },
        seconds{1});
    const Duration since_connect = fact.upper.time_since_epoch() - Duration{connect->at_ns};
    EXPECT_GE(fact.round_trip(), since_connect - milliseconds{20});
    EXPECT_LT(fact.round_trip() - since_connect, milliseconds{250});
}

TEST_F(RestartRules, EntriesThatWereReadAreNotReadAgain) {
    for (int i = 0; i < 40; ++i) {
        const std::string n = std::to_string(i);
        server_.inject("alice", "Subject: lunch " + n + "\r\nMessage-ID: <" + n +
                                    "@y.invalid>\r\n\r\nHello\r\n");
    }
    for (int life = 0; life < 3; ++life) {
        Recorder recorder;
        const auto monitor = start(recorder);
        ASSERT_TRUE(recorder.wait([](const Recorder& r) { return r.deleted >= 1; }));
    }
    std::map<std::uint64_t, int> reads;
    for (const Event& event : server_.events()) {
        if (event.kind == EventKind::retrieved && event.mail && event.mail->tag.empty()) {
            ++reads[event.mail->id];
        }
    }
    EXPECT_EQ(reads.size(), 40U);
    for (const auto& [id, times] : reads)
        EXPECT_EQ(times, 1) << id;
}

TEST_F(RestartRules, AMailWhoseAnswerNobodyHeardIsUnconfirmedNeverForgottenNeverSentTwice) {
    one_mail();
    settings_.probes[0].max_attempts = 3;
    settings_.probes[0].retry_after = milliseconds{100};
    for (const std::string what : {"stall", "stall carry_out"}) {
        const std::size_t before = server_.event_count();
        server_.clear_faults();
        server_.add_fault(parse_fault("smtp DOT " + what));
        Recorder first;
        one_mail();
        auto monitor = start(first);
        ASSERT_TRUE(server_.wait_for([](const Event& e) { return e.kind == EventKind::fault; },
                                     seconds{20}, before));
        monitor->stop();
        monitor.reset();
        Recorder second;
        monitor = start(second);
        ASSERT_TRUE(second.wait([](const Recorder& r) { return !r.verdicts.empty(); }));
        monitor->stop();
        const RecordedVerdict& verdict = second.verdicts.at(0);
        if (what == "stall") {
            EXPECT_EQ(verdict.fact.verdict, Verdict::send_failed);
            EXPECT_EQ(verdict.fact.failure, (StageCause{Stage::accept, Cause::interrupted}));
        } else {
            EXPECT_EQ(verdict.fact.verdict, Verdict::delivered);
        }
    }
    for (const auto& [tag, times] : submissions())
        EXPECT_EQ(times, 1) << tag;
}

TEST_F(RestartRules, ARetryThatFallsIntoTheTimeWithoutADaemonFailsWithTheServersAnswer) {
    one_mail();
    ProbeSettings& probe = settings_.probes[0];
    probe.max_attempts = 2;
    probe.deadline = seconds{2};
    probe.retry_after = milliseconds{1500};
    server_.add_fault(parse_fault("smtp RCPT refuse text=\"450 4.2.0 later\" max=1"));
    Recorder first;
    auto monitor = start(first);
    ASSERT_TRUE(
        server_.wait_for([](const Event& e) { return e.kind == EventKind::fault; }, seconds{20}));
    ASSERT_TRUE(first.wait(
        [](const Recorder& r) { return std::ranges::count(r.stages, Stage::envelope) == 1; }));
    monitor->stop();
    monitor.reset();
    // As after a downtime beyond the deadline.
    {
        soci::session sql;
        open_ledger(sql, ledger_path(directory_.path()), LedgerAccess::write);
        sql << "UPDATE mails SET started_ns = started_ns - 9000000000, deadline_ns = deadline_ns -"
               " 9000000000, grace_end_ns = grace_end_ns - 9000000000, again_ns = again_ns -"
               " 9000000000 WHERE progress = 'retry'";
    }
    Recorder second;
    monitor = start(second);
    ASSERT_TRUE(second.wait([](const Recorder& r) { return !r.verdicts.empty(); }));
    monitor->stop();
    EXPECT_EQ(second.verdicts.at(0).fact.verdict, Verdict::send_failed);
    EXPECT_EQ(second.verdicts.at(0).fact.failure,
              (StageCause{Stage::envelope, Cause::rejected_transient}));
    EXPECT_TRUE(submissions().empty()) << "nothing was sent after the deadline";
}

TEST_F(RestartRules, ARefusedLoginIsTriedOnceByEachDaemonAndThenPaused) {
    settings_.auth_backoff = seconds{300};
    server_.add_fault(parse_fault("smtp LOGIN refuse"));
    for (int life = 1; life <= 2; ++life) {
        Recorder recorder;
        const auto monitor = start(recorder);
        ASSERT_TRUE(recorder.wait([](const Recorder& r) {
            const auto found = r.missed.find("alice");
            return found != r.missed.end() && found->second >= 2;
        }));
        monitor->stop();
        EXPECT_EQ(recorder.started["alice"], 1U);
        const auto& events = server_.events();
        EXPECT_EQ(std::ranges::count(events, EventKind::fault, &Event::kind), life);
    }
}

TEST_F(RestartRules, ABounceThatCouldNotBeRemovedIsRemovedByALaterLook) {
    server_.add_fault(parse_fault("smtp DOT bounce kind=dsn delivery=100ms max=1"));
    server_.add_fault(parse_fault("pop3 QUIT drop"));
    Recorder recorder;
    const auto monitor = start(recorder);
    ASSERT_TRUE(recorder.wait([](const Recorder& r) {
        return r.count("alice", Verdict::bounced) == 1 && r.looks >= 3 &&
               r.look_failed(Stage::quit, Cause::eof);
    }));
    server_.clear_faults();
    ASSERT_TRUE(recorder.wait([](const Recorder& r) { return r.deleted >= 3; }));
    monitor->stop();
    for (const loopback::StoredMail& mail : server_.mailbox("alice"))
        EXPECT_EQ(mail.raw.find("multipart/report"), std::string::npos);
    EXPECT_EQ(recorder.evidence["alice"][Evidence::bounce], 0);
}

TEST_F(RestartRules, WhileTheJournalFailsNothingIsDeletedAndAfterwardsAllIs) {
    // A directory where the ledger should be: nothing can be opened there.
    const std::string ledger = ledger_path(directory_.path());
    std::filesystem::create_directory(ledger);
    Recorder recorder;
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<bool> health;
    auto monitor = std::make_unique<MonitorThread>(settings_, recorder, system_lookup,
                                                   [&](bool healthy, const std::string&) {
                                                       const std::lock_guard lock(mutex);
                                                       health.push_back(healthy);
                                                       changed.notify_all();
                                                   });
    ASSERT_TRUE(recorder.wait([](const Recorder& r) {
        return r.count("alice", Verdict::delivered) >= 3;
    })) << "probing goes on";
    recorder.locked([](const Recorder& r) { EXPECT_EQ(r.deleted, 0U); });
    EXPECT_GE(server_.mailbox("alice").size(), 3U);
    std::filesystem::remove(ledger);
    {
        std::unique_lock lock(mutex);
        ASSERT_TRUE(changed.wait_for(lock, seconds{20}, [&] { return health.size() >= 2; }));
        EXPECT_EQ(health, (std::vector<bool>{false, true}));
    }
    ASSERT_TRUE(recorder.wait([](const Recorder& r) { return r.deleted >= 4; }));
    const LedgerTotals totals = monitor->stop();
    EXPECT_EQ(recorder.count("alice", Verdict::delivered), static_cast<int>(totals.verdicts));
    EXPECT_TRUE(recorder.evidence.empty()) << "what stayed was no duplicate";
    monitor.reset();
    EXPECT_EQ(std::stoul(ask("SELECT COUNT(*) FROM mails")), totals.started);
    EXPECT_EQ(std::stoul(ask("SELECT COUNT(*) FROM mails WHERE verdict <> ''")), totals.verdicts);
}

}  // namespace
}  // namespace mailprobed::test
