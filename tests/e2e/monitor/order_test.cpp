// SPDX-License-Identifier: Apache-2.0
// What has to be safe before what: intents before connections, verdicts before deletions, and
// nothing that leaves open whether the server has a mail is ever sent again.
#include "probes/domain/plan/schedule.hpp"
#include "probes/monitor/monitor.hpp"
#include "probes/net/boot_clock.hpp"
#include "probes/net/crypto.hpp"
#include "probes/net/socket_channel.hpp"
#include "probes/net/task_group.hpp"
#include "tests/e2e/monitor/monitor_run.hpp"

#include <boost/asio/post.hpp>
#include <gtest/gtest.h>

#include <algorithm>

namespace mailprobed::test {
namespace {

using loopback::Event;
using loopback::EventKind;
using loopback::parse_fault;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// Keeps every awaited record back for a while and shows the moment before it is let go.
class SlowJournal final : public Journal {
  public:
    explicit SlowJournal(Executor on) : executor(std::move(on)) {}

    Awaitable<Durability> record(JournalRecords records) override {
        BootTimer timer(executor);
        co_await sleep_until(timer, BootClock::now() + hold);
        Durability kept = Durability::durable;
        for (const JournalRecord& record : records) {
            if (before_kept) before_kept(record);
            if (std::holds_alternative<VerdictRecord>(record)) kept = std::max(kept, of_verdicts);
            if (std::holds_alternative<EvidenceRecord>(record)) kept = std::max(kept, of_evidence);
        }
        co_return kept;
    }
    void note(JournalRecords /*records*/) override {}
    [[nodiscard]] bool healthy() const override { return is_healthy; }

    Executor executor;
    std::function<void(const JournalRecord&)> before_kept;
    Duration hold = milliseconds{100};
    Durability of_verdicts = Durability::durable;
    Durability of_evidence = Durability::durable;
    bool is_healthy = true;
};

bool is_intent(const JournalRecord& record) {
    const auto* state = std::get_if<MailState>(&record);
    return state != nullptr && state->progress == Progress::intended;
}

class Order : public testing::Test {
  protected:
    Order() : server(options()), journal(io.get_executor()), connector(io.get_executor()) {
        server.start();
        settings = settings_for(server, {"alice"});
        probe = &settings.probes.front();
    }
    ~Order() override { EXPECT_EQ(recorder.internal_errors, std::vector<std::string>{}); }

    static loopback::Options options() {
        loopback::Options result;
        result.accounts = accounts_for({"alice"});
        return result;
    }
    /// Runs one mail to its verdict, or the whole monitor until `recorder` has seen enough.
    Verdict run() {
        std::optional<Judgement> judgement;
        spawn(once(judgement), [&] { io.run(); });
        return judgement.value().verdict;
    }
    bool run_until(RestoredState restored, const std::function<bool(const Recorder&)>& enough) {
        left = std::move(restored);
        bool seen = false;
        spawn(forever(), [&] {
            std::thread loop([this] { io.run(); });
            seen = recorder.wait(enough, seconds{10});
            asio::post(io, [this] { tasks->cancel(); });
            loop.join();
        });
        return seen;
    }
    [[nodiscard]] std::ptrdiff_t count(const std::function<bool(const Event&)>& fits) const {
        return std::ranges::count_if(server.events(), fits);
    }
    [[nodiscard]] std::ptrdiff_t submissions() const {
        return count([](const Event& e) { return e.kind == EventKind::mail; });
    }
    [[nodiscard]] std::ptrdiff_t smtp_connections() const {
        return count([](const Event& e) {
            return e.kind == EventKind::connect && e.protocol == loopback::Protocol::smtp;
        });
    }
    [[nodiscard]] std::ptrdiff_t commands(std::string_view word) const {
        return count([word](const Event& e) {
            return e.kind == EventKind::command && e.text.starts_with(word);
        });
    }

    asio::io_context io{1};
    loopback::Server server;
    Settings settings;
    ProbeSettings* probe = nullptr;
    Recorder recorder;
    SlowJournal journal;

  private:
    void spawn(Awaitable<void> task, const std::function<void()>& drive) {
        MonitorDependencies needs{io.get_executor(), journal,   recorder, {},
                                  hmac_sha256,       random_u64};
        needs.channels = [this](const Endpoint& endpoint) { return connector.make(endpoint); };
        needs.restored = std::move(left);
        monitor = std::make_unique<Monitor>(settings, std::move(needs));
        tasks = std::make_unique<TaskGroup>(io.get_executor());
        tasks->spawn(std::move(task));
        drive();
    }
    Awaitable<void> once(std::optional<Judgement>& judgement) {
        judgement = co_await monitor->run_once("alice");
    }
    Awaitable<void> forever() { co_await monitor->run(); }

    Connector connector;
    RestoredState left;
    std::unique_ptr<Monitor> monitor;
    std::unique_ptr<TaskGroup> tasks;
};

TEST_F(Order, NoConnectionIsMadeForAMailBeforeItsIntentIsKept) {
    std::vector<std::ptrdiff_t> before;
    journal.before_kept = [&](const JournalRecord& record) {
        if (is_intent(record)) before.push_back(smtp_connections());
    };
    EXPECT_EQ(run(), Verdict::delivered);
    EXPECT_EQ(before, std::vector<std::ptrdiff_t>{0});
    EXPECT_EQ(smtp_connections(), 1);
}

TEST_F(Order, EveryAttemptHasAnIntentOfItsOwnBeforeItsConnection) {
    server.add_fault(parse_fault("smtp DOT refuse text=\"451 4.3.0 later\" max=2"));
    probe->max_attempts = 3;
    probe->retry_after = milliseconds{50};
    std::vector<std::pair<int, std::ptrdiff_t>> before;
    journal.before_kept = [&](const JournalRecord& record) {
        if (!is_intent(record)) return;
        before.emplace_back(std::get<MailState>(record).attempt, smtp_connections());
    };
    EXPECT_EQ(run(), Verdict::delivered);
    const std::vector<std::pair<int, std::ptrdiff_t>> each_first{{1, 0}, {2, 1}, {3, 2}};
    EXPECT_EQ(before, each_first);
}

TEST_F(Order, NothingIsRemovedBeforeItsVerdictIsKept) {
    std::vector<std::ptrdiff_t> before;
    journal.before_kept = [&](const JournalRecord& record) {
        if (std::holds_alternative<VerdictRecord>(record)) before.push_back(commands("DELE"));
    };
    EXPECT_EQ(run(), Verdict::delivered);
    EXPECT_EQ(before, std::vector<std::ptrdiff_t>{0});
    EXPECT_EQ(commands("DELE"), 1);
}

TEST_F(Order, AMailWhoseVerdictMayBeForgottenIsNotRemoved) {
    journal.of_verdicts = Durability::lost_on_crash;
    EXPECT_EQ(run(), Verdict::delivered);
    EXPECT_EQ(commands("DELE"), 0);
    EXPECT_EQ(server.mailbox("alice").size(), 1U);
}

TEST_F(Order, NothingIsRemovedBeforeItsCopiesAreKept) {
    std::vector<std::ptrdiff_t> before;
    journal.before_kept = [&](const JournalRecord& record) {
        if (std::holds_alternative<EvidenceRecord>(record)) before.push_back(commands("DELE"));
    };
    server.add_fault(parse_fault("smtp DOT duplicate"));
    EXPECT_EQ(run(), Verdict::delivered);
    EXPECT_EQ(before, std::vector<std::ptrdiff_t>{0});
    EXPECT_EQ(commands("DELE"), 2);
}

TEST_F(Order, AMailWhoseCopiesMayBeForgottenIsNotRemoved) {
    journal.of_evidence = Durability::lost_on_crash;
    server.add_fault(parse_fault("smtp DOT duplicate"));
    EXPECT_EQ(run(), Verdict::delivered);
    EXPECT_EQ(commands("DELE"), 0);
    EXPECT_EQ(server.mailbox("alice").size(), 2U);
}

TEST_F(Order, NothingIsRemovedWhileTheJournalFails) {
    journal.is_healthy = false;
    EXPECT_EQ(run(), Verdict::delivered);
    EXPECT_EQ(commands("DELE"), 0);
    EXPECT_EQ(server.mailbox("alice").size(), 1U);
}

TEST_F(Order, AMailWhoseDotWasNotAnsweredIsNeverSentAgain) {
    server.add_fault(parse_fault("smtp DOT discard_and_drop"));
    probe->max_attempts = 3;
    probe->retry_after = milliseconds{20};
    EXPECT_EQ(run(), Verdict::send_failed);
    EXPECT_EQ(submissions(), 1);
    EXPECT_EQ(smtp_connections(), 1);
}

TEST_F(Order, AFinalRefusalIsNotTriedAgain) {
    server.add_fault(parse_fault("smtp DOT refuse"));
    probe->max_attempts = 3;
    probe->retry_after = milliseconds{20};
    EXPECT_EQ(run(), Verdict::send_failed);
    EXPECT_EQ(submissions(), 1);
}

TEST_F(Order, NoMailIsTriedMoreOftenThanConfigured) {
    server.add_fault(parse_fault("smtp DOT refuse text=\"451 4.3.0 later\""));
    probe->max_attempts = 2;
    probe->retry_after = milliseconds{20};
    EXPECT_EQ(run(), Verdict::send_failed);
    EXPECT_EQ(submissions(), 2);
}

TEST_F(Order, AnArrivalIsDatedByItsListingAndNotByTheReadingOfIt) {
    server.add_fault(parse_fault("pop3 TOP delay for=300ms"));
    EXPECT_EQ(run(), Verdict::delivered);
    const auto top = server.wait_for(
        [](const Event& e) { return e.kind == EventKind::command && e.text.starts_with("TOP"); },
        seconds{1});
    ASSERT_TRUE(top);
    EXPECT_LT(recorder.verdicts.at(0).fact.upper, Instant{std::chrono::nanoseconds{top->at_ns}});
}

/// A mail of an earlier run that ended between its intent and the answer.
MailState interrupted(const ProbeSettings& probe) {
    MailState mail;
    mail.mail = 77;
    mail.probe = probe.name;
    mail.started = BootClock::now() - seconds{1};
    mail.deadline = BootClock::now() + milliseconds{300};
    mail.grace_end = mail.deadline + seconds{5};
    mail.wall = wall_now() - seconds{1};
    return mail;
}

TEST_F(Order, AMailInterruptedByACrashIsWatchedAndNotSentAgain) {
    probe->interval = hours{24 * 365};
    probe->max_attempts = 3;
    probe->retry_after = milliseconds{20};
    RestoredState restored;
    restored.pending.push_back(interrupted(*probe));
    ASSERT_TRUE(run_until(restored, [](const Recorder& r) { return !r.verdicts.empty(); }));
    const MailJudged& fact = recorder.verdicts.front().fact;
    EXPECT_EQ(fact.verdict, Verdict::send_failed);
    const StageCause crash{Stage::accept, Cause::interrupted};
    EXPECT_EQ(fact.failure, crash);
    EXPECT_EQ(smtp_connections(), 0);
}

TEST_F(Order, AClockThatIsSetBeforeTheFirstReadingMovesWhatWasConvertedByIt) {
    probe->interval = hours{24 * 365};
    // When the store was read the wall clock was half an hour ahead, and so old the mail seemed.
    constexpr Duration kAhead = std::chrono::minutes{30};
    MailState mail = interrupted(*probe);
    mail.converted = true;
    mail.exact = false;
    mail.started -= 2 * kAhead;
    mail.deadline -= kAhead;
    mail.grace_end -= kAhead;
    RestoredState restored;
    restored.pending.push_back(mail);
    restored.read_at = {BootClock::now(), wall_now() + kAhead};
    ASSERT_TRUE(run_until(restored, [](const Recorder& r) { return !r.verdicts.empty(); }));
    EXPECT_EQ(recorder.verdicts.front().fact.verdict, Verdict::send_failed)
        << "by the wrong clock its grace was over, and it would be unobserved";
}

TEST_F(Order, ASlotUsedBeforeARestartIsNotUsedAgain) {
    probe->interval = seconds{2};
    const WallTime wall = wall_now();
    const Instant now = BootClock::now();
    const Instant next = TickGrid(probe->name, probe->interval, wall, now).next(now);
    RestoredProbe state;
    state.probe = probe->name;
    // As by a daemon that was started again within the same slot.
    state.history.last_started = wall + (next - now) + milliseconds{300};
    RestoredState restored;
    restored.probes.push_back(state);
    ASSERT_TRUE(run_until(restored, [](const Recorder& r) { return r.started.contains("alice"); }));
    EXPECT_GT(BootClock::now(), next + seconds{1});
}

}  // namespace
}  // namespace mailprobed::test
