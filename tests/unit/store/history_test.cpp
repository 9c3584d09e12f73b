// SPDX-License-Identifier: Apache-2.0
// What is remembered of mails for people, and for how long.
#include "daemon/store/history.hpp"

#include "daemon/api/run_now.hpp"
#include "daemon/store/reader.hpp"
#include "daemon/store/writer.hpp"
#include "probes/net/boot_clock.hpp"
#include "tests/support/ledger_support.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <utility>

namespace mailprobed {
namespace {

using namespace std::chrono_literals;

class HistoryTest : public ::testing::Test {
  protected:
    static Settings settings_of_days() {
        Settings settings;
        settings.details = 2h;
        settings.history = 30h;
        return settings;
    }

    void attempt(MailId mail) {
        ConversationRecord conversation;
        conversation.stages = {{Stage::connect, 0s, 1ms, std::nullopt}};
        history.on(AttemptDone{"p", mail, 1, now, 1ms, conversation});
    }
    void judged(MailId mail, Verdict verdict) {
        MailJudged fact;
        fact.probe = "p";
        fact.mail = mail;
        fact.verdict = verdict;
        fact.at = now;
        history.on(fact);
        history.on(MailWatched{"p", mail, verdict, now, looks, 0});
    }
    std::string kept_after(Duration time) {
        writer.write(records);
        records.clear();
        while (!writer.prune(now - 10'000h, now + time))
            continue;
        return here.ask("SELECT COUNT(*) FROM attempts") + " attempts, " +
               here.ask("SELECT COUNT(*) FROM looks") + " looks";
    }

    test::LedgerDirectory here;
    LedgerWriter writer{here.ledger(), read_clocks()};
    std::vector<QueuedRecord> records;
    Settings settings = settings_of_days();
    std::deque<LookRecord> looks{LookRecord{}};
    WallTime now = wall_now();
    History history{settings,
                    [this](DetailRecord record) { records.push_back({std::move(record), false}); }};
};

TEST_F(HistoryTest, DetailsOfDeliveredMailsGoFirst) {
    attempt(1);
    judged(1, Verdict::delivered);
    attempt(2);
    judged(2, Verdict::lost);
    EXPECT_EQ(kept_after(1h), "2 attempts, 2 looks");
    EXPECT_EQ(kept_after(3h), "1 attempts, 1 looks");
    EXPECT_EQ(LedgerReader(here.ledger()).attempts(2).size(), 1U);
    EXPECT_EQ(kept_after(31h), "0 attempts, 0 looks");
}

TEST_F(HistoryTest, DetailsStayAsLongAsTheMailWaitsForItsVerdict) {
    test::JournalRun(here.path()).record(test::intent_of(1));
    attempt(1);
    EXPECT_EQ(kept_after(3h), "1 attempts, 0 looks");
    here.execute("UPDATE mails SET verdict = 'delivered', judged_ns = 1");
    EXPECT_EQ(kept_after(3h), "0 attempts, 0 looks");
}

TEST_F(HistoryTest, MoreThanOnePruningCanDeleteIsDeletedAllTheSame) {
    for (MailId mail = 1; mail <= 1200; ++mail)
        attempt(mail);
    EXPECT_EQ(kept_after(3h), "0 attempts, 0 looks");
}

TEST_F(HistoryTest, LinesAreKeptOnlyIfTheyAreWanted) {
    EXPECT_TRUE(history.interest().transcripts);
    settings.transcripts = false;
    const History quiet(settings, [](const DetailRecord&) {});
    EXPECT_TRUE(quiet.interest().records);
    EXPECT_FALSE(quiet.interest().transcripts);
}

TEST(LedgerMigration, ALedgerOfTheFirstVersionKeepsItsMailsAndGetsRoomForDetails) {
    const test::LedgerDirectory here;
    {
        test::JournalRun run(here.path());
        run.record(test::intent_of(1));
    }
    for (const char* statement :
         {"DROP TABLE attempts", "DROP TABLE looks", "DROP INDEX mails_of_probe",
          "DROP INDEX mails_by_start", "ALTER TABLE mails DROP COLUMN mailbox",
          "UPDATE schema_version SET version = 1"})
        here.execute(statement);
    const test::JournalRun next(here.path());
    EXPECT_EQ(next.restored().pending.size(), 1U);
    EXPECT_EQ(here.ask("SELECT version FROM schema_version"), "5");
    EXPECT_TRUE(LedgerReader(here.ledger()).attempts(1).empty());
}

TEST(LedgerMigration, StagesOfEarlierVersionsGetTheNamesThatAllProtocolsShare) {
    const test::LedgerDirectory here;
    {
        test::JournalRun run(here.path());
        for (MailId mail = 1; mail <= 6; ++mail)
            run.record(test::intent_of(mail));
    }
    const std::array<const char*, 6> old{"capa", "stls", "top", "retr", "dele", "accept"};
    for (std::size_t i = 0; i < old.size(); ++i) {
        here.execute("UPDATE mails SET stage = '" + std::string(old.at(i)) +
                     "', cause = 'timeout' WHERE mail = " + std::to_string(i + 1));
    }
    here.execute("UPDATE schema_version SET version = 4");
    const test::JournalRun next(here.path());
    EXPECT_EQ(next.restored().pending.size(), 6U);
    for (const auto& [mail, stage] :
         {std::pair{"1", "hello"}, std::pair{"2", "starttls"}, std::pair{"3", "headers"},
          std::pair{"4", "body"}, std::pair{"5", "remove"}, std::pair{"6", "accept"}}) {
        EXPECT_EQ(here.ask("SELECT stage FROM mails WHERE mail = " + std::string(mail)), stage);
    }
}

TEST(RunLimitTest, OneMailOfAProbeInTenSeconds) {
    RunLimit limit;
    const Instant start = BootClock::now();
    EXPECT_EQ(limit.wait("a", start), 0s);
    EXPECT_EQ(limit.wait("a", start), 0s) << "nothing was sent";
    limit.sent("a", start);
    EXPECT_EQ(limit.wait("b", start + 1s), 0s);
    EXPECT_EQ(limit.wait("a", start + 4s), 6s);
    EXPECT_EQ(limit.wait("a", start + 9s), 1s);
    EXPECT_EQ(limit.wait("a", start + 10s), 0s);
    limit.sent("a", start + 10s);
    EXPECT_EQ(limit.wait("a", start + 11s), 9s);
}

}  // namespace
}  // namespace mailprobed
