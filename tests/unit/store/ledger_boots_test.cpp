// SPDX-License-Identifier: Apache-2.0
// Instants of another boot: what tells them, how they are converted, and when nothing may be said.
#include "daemon/store/writer.hpp"
#include "tests/support/ledger_support.hpp"

#include <gtest/gtest.h>

#include <random>

namespace mailprobed::test {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr WallTime kWall{hours{500'000}};

/// A machine whose clocks the test sets.
struct Machine {
    std::string id = "one";
    Instant boot{hours{1}};
    WallTime wall = kWall;

    void pass(Duration time) {
        boot += time;
        wall += time;
    }
    void reboot(std::string as, Instant up, Duration off) {
        id = std::move(as);
        boot = up;
        wall += off;
    }
    [[nodiscard]] ClockReading reading() const { return {id, boot, wall}; }
    [[nodiscard]] ClockRecord record() const { return {boot, wall}; }
    [[nodiscard]] MailState intent(MailId mail) const {
        MailState record = intent_of(mail);
        record.started = boot;
        record.deadline = boot + seconds{60};
        record.grace_end = boot + seconds{90};
        record.wall = wall;
        return record;
    }
};

/// As a prober hands them over: with how the clocks stand when an attempt begins.
std::vector<QueuedRecord> queued(const std::vector<JournalRecord>& records) {
    std::vector<QueuedRecord> result;
    for (const JournalRecord& record : records) {
        const auto* intent = std::get_if<MailState>(&record);
        if (intent != nullptr)
            result.push_back({ClockRecord{intent->started, intent->wall}, false});
        result.push_back({record, false});
    }
    return result;
}

class LedgerBootsTest : public testing::Test {
  protected:
    void write(const ClockReading& start, const std::vector<JournalRecord>& records) const {
        LedgerWriter writer(here.ledger(), start);
        writer.write(queued(records));
    }
    [[nodiscard]] RestoredState load() const {
        return LedgerWriter(here.ledger(), machine.reading()).load(hours{48});
    }
    [[nodiscard]] MailState only() const {
        const RestoredState all = load();
        EXPECT_EQ(all.pending.size(), 1U);
        return all.pending.at(0);
    }

    LedgerDirectory here;
    Machine machine;
};

TEST_F(LedgerBootsTest, InstantsOfThisBootAreTakenAsTheyAre) {
    const MailState intent = machine.intent(1);
    write(machine.reading(), {intent});
    machine.pass(minutes{3});
    const MailState mail = only();
    EXPECT_EQ(mail.started, intent.started);
    EXPECT_EQ(mail.deadline, intent.deadline);
    EXPECT_TRUE(mail.exact);
    EXPECT_FALSE(mail.converted);
    EXPECT_EQ(mail.doubt, "");
}

// A sandbox hides the identity: "" equals "", and yet it is another boot.
TEST_F(LedgerBootsTest, ABootWithoutIdentityIsNoOthersWhateverTheUptime) {
    for (const auto& [before, after] :
         {std::pair<std::string, std::string>{"", ""}, {"one", ""}, {"", "one"}}) {
        for (const Duration up :
             {Duration{minutes{1}}, Duration{hours{1} + seconds{1}}, Duration{hours{9}}}) {
            const LedgerDirectory fresh;
            Machine here_now;
            here_now.id = before;
            const MailState intent = here_now.intent(1);
            LedgerWriter(fresh.ledger(), here_now.reading()).write(queued({intent}));
            here_now.reboot(after, Instant{up}, seconds{20});
            const auto all = LedgerWriter(fresh.ledger(), here_now.reading()).load(hours{48});
            ASSERT_EQ(all.pending.size(), 1U);
            const MailState& mail = all.pending[0];
            EXPECT_EQ(mail.started, here_now.boot - seconds{20}) << up.count();
            EXPECT_EQ(mail.deadline, here_now.boot + seconds{40}) << up.count();
            EXPECT_FALSE(mail.exact);
            EXPECT_TRUE(mail.converted);
        }
    }
}

TEST_F(LedgerBootsTest, AnEqualIdentityCountsOnlyIfTheBootClockIsNotBehind) {
    const MailState intent = machine.intent(1);
    write(machine.reading(), {intent});
    // A snapshot of the machine was restored, and the ledger is on a disk that was not.
    machine.reboot(machine.id, intent.started - milliseconds{1}, seconds{20});
    EXPECT_EQ(only().started, machine.boot - seconds{20});
    EXPECT_TRUE(only().converted);
    machine.boot = intent.started + minutes{1};
    EXPECT_FALSE(only().converted) << "the last run has not recorded more";
}

TEST_F(LedgerBootsTest, TheKernelsAndSystemdsSpellingsOfOneBootAreEqual) {
    machine.id = "3f0f3b0e-5d0c-4f6e-9a39-8f1d7c0f2a11";
    write(machine.reading(), {machine.intent(1)});
    machine.pass(seconds{5});
    machine.id = "3f0f3b0e5d0c4f6e9a398f1d7c0f2a11";
    EXPECT_TRUE(only().exact);
}

// The clock is wrong at the start of the machine and set right a moment later.
TEST_F(LedgerBootsTest, ConversionGoesByTheNewestOffsetOfThatBoot) {
    for (const Duration wrong : {Duration{-hours{1}}, Duration{hours{1}}, Duration{days{40}}}) {
        for (const bool by_mail : {false, true}) {
            const LedgerDirectory fresh;
            Machine now;
            now.wall += wrong;
            LedgerWriter writer(fresh.ledger(), now.reading());
            now.pass(seconds{3});
            MailState early = now.intent(1);
            writer.write(queued({early}));
            now.wall -= wrong;
            writer.write(by_mail ? queued({now.intent(2)}) : queued({now.record()}));
            now.reboot("two", Instant{seconds{20}}, seconds{30});
            for (const MailState& mail :
                 LedgerWriter(fresh.ledger(), now.reading()).load(hours{48}).pending) {
                EXPECT_EQ(mail.started, now.boot - seconds{30}) << mail.mail;
                EXPECT_EQ(mail.doubt, "") << "what the clock said once is forgotten";
            }
        }
    }
}

TEST_F(LedgerBootsTest, RunsOfOneBootShareItsNewestOffset) {
    Machine early = machine;
    early.wall += hours{5};
    write(early.reading(), {early.intent(1)});
    machine.pass(seconds{10});
    write(machine.reading(), {});
    machine.reboot("two", Instant{minutes{1}}, seconds{50});
    EXPECT_EQ(only().started, machine.boot - seconds{60});
}

TEST_F(LedgerBootsTest, AClockBehindWhatTheLedgerKnowsTellsNoAgeOfAnotherBoot) {
    write(machine.reading(), {machine.intent(1)});
    machine.reboot("two", Instant{minutes{1}}, -milliseconds{1});
    EXPECT_NE(only().doubt, "");
    machine.wall += milliseconds{1};
    // The run that asked last had the clock that was behind.
    EXPECT_EQ(only().doubt, "");
}

TEST_F(LedgerBootsTest, AClockSetBackDoesNotTouchInstantsOfThisBoot) {
    const MailState intent = machine.intent(1);
    write(machine.reading(), {intent});
    machine.pass(seconds{5});
    machine.wall -= hours{1};
    const MailState mail = only();
    EXPECT_EQ(mail.doubt, "");
    EXPECT_EQ(mail.started, intent.started);
    EXPECT_FALSE(mail.exact) << "it was set while the mail was on its way";
}

TEST_F(LedgerBootsTest, NoMailOfAnotherBootStartsAfterNow) {
    std::minstd_rand dice(11);
    for (int i = 0; i < 200; ++i) {
        const LedgerDirectory fresh;
        Machine now;
        now.boot = Instant{seconds{dice() % 1'000'000}};
        now.id = dice() % 3 == 0 ? "" : "one";
        LedgerWriter(fresh.ledger(), now.reading()).write(queued({now.intent(1)}));
        now.reboot(dice() % 2 == 0 ? "" : "one", Instant{seconds{dice() % 1'000'000}},
                   seconds{static_cast<int>(dice() % 200'000)} - seconds{100'000});
        const RestoredState all = LedgerWriter(fresh.ledger(), now.reading()).load(hours{48});
        ASSERT_EQ(all.pending.size(), 1U);
        EXPECT_LE(all.pending[0].started, now.boot);
        EXPECT_EQ(all.pending[0].deadline - all.pending[0].started, seconds{60});
    }
}

TEST_F(LedgerBootsTest, AClockThatIsAheadMakesNoVerdictForgotten) {
    const MailState intent = machine.intent(1);
    write(machine.reading(), {intent, verdict_on(intent, Verdict::lost)});
    machine.pass(hours{30});
    write(machine.reading(), {});
    machine.wall += days{40};
    EXPECT_EQ(load().settled.size(), 1U);
    machine.wall -= days{40};
    machine.pass(hours{30});
    write(machine.reading(), {});
    EXPECT_TRUE(load().settled.empty());
}

TEST_F(LedgerBootsTest, RunsAndKeysComeBack) {
    MailState intent = machine.intent(1);
    intent.tag_key = 0xfedcba9876543210;
    {
        LedgerWriter writer(here.ledger(), machine.reading(), 77);
        writer.write(queued({intent}));
        machine.pass(minutes{5});
        writer.write(queued({machine.record()}));
        EXPECT_TRUE(writer.load(hours{48}).runs.empty()) << "the run itself is no earlier one";
        EXPECT_TRUE(writer.knows(77, writer.readings()));
        EXPECT_FALSE(writer.knows(77, writer.readings() + 1));
        EXPECT_FALSE(writer.knows(78, 0));
    }
    const RestoredState all = load();
    EXPECT_EQ(all.pending.at(0).tag_key, intent.tag_key);
    ASSERT_EQ(all.runs.size(), 1U);
    EXPECT_EQ(all.runs[0].id, 77U);
    EXPECT_EQ(all.runs[0].until, machine.wall);
}

TEST_F(LedgerBootsTest, ALedgerOfTheSecondVersionIsConvertedByItsPendingMails) {
    Machine early = machine;
    early.wall -= hours{1};
    write(early.reading(), {machine.intent(1)});
    here.execute(
        "UPDATE runs SET boot_ns = " + std::to_string(early.boot.time_since_epoch().count()) +
        ", wall_ns = " + std::to_string(early.wall.time_since_epoch().count()));
    for (const char* statement :
         {"ALTER TABLE runs DROP COLUMN tag_run", "ALTER TABLE runs DROP COLUMN readings",
          "ALTER TABLE mails DROP COLUMN tag_key", "UPDATE schema_version SET version = 2"})
        here.execute(statement);
    machine.reboot("two", Instant{minutes{1}}, seconds{30});
    const MailState mail = only();
    EXPECT_EQ(mail.started, machine.boot - seconds{30});
    EXPECT_EQ(mail.tag_key, 0U) << "unknown";
    EXPECT_TRUE(load().runs.empty());
}

}  // namespace
}  // namespace mailprobed::test
