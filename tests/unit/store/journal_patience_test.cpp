// SPDX-License-Identifier: Apache-2.0
// What the durable journal may promise, and how long it may take to say that it cannot.
#include "daemon/store/place.hpp"
#include "daemon/store/schema.hpp"
#include "daemon/store/sql_journal.hpp"
#include "probes/net/boot_clock.hpp"
#include "probes/net/task_group.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <soci/sqlite3/soci-sqlite3.h>
#include <thread>

namespace mailprobed {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

class JournalPatience : public testing::Test {
  protected:
    JournalPatience() {
        std::string name = (std::filesystem::temp_directory_path() / "mailprobed-XXXXXX").string();
        folder = ::mkdtemp(name.data());
        open();
    }
    ~JournalPatience() override {
        journal.reset();
        std::filesystem::remove_all(folder);
    }

    /// As a daemon that starts does; ends the one before.
    void open() {
        journal.reset();
        journal = std::make_unique<SqlJournal>(
            io.get_executor(), JournalPlace{folder, hours{48}, hours{48}},
            [this](bool healthy, const std::string& /*why*/) { told.push_back(healthy); });
    }
    /// Mail number n starts at second n.
    static JournalRecord intent(MailId mail) {
        MailState record;
        record.mail = mail;
        record.probe = "p";
        record.wall = WallTime{seconds{mail}};
        return record;
    }
    static JournalRecord delivered(MailId mail) {
        VerdictRecord record;
        record.judgement.mail = mail;
        record.judgement.verdict = Verdict::delivered;
        record.judgement.probe = "p";
        record.wall = wall_now();
        return record;
    }
    /// When the probe's last mail started, as the next daemon hears it.
    std::optional<WallTime> recalled_start() {
        open();
        const RestoredState restored = journal->load();
        return restored.probes.empty() ? std::nullopt
                                       : restored.probes.front().history.last_started;
    }
    Awaitable<void> keep(MailId mail, std::optional<Durability>& answer) {
        JournalRecord record = intent(mail);
        answer = co_await journal->record(std::move(record));
    }
    /// What record() said, and when; nothing if it was silent for three seconds.
    std::optional<Durability> answer_to(MailId mail) {
        std::optional<Durability> answer;
        {
            TaskGroup tasks(io.get_executor());
            tasks.spawn(keep(mail, answer));
            const Instant began = BootClock::now();
            io.restart();
            while (!answer && BootClock::now() < began + seconds{3})
                io.run_one_for(milliseconds{100});
            took = BootClock::now() - began;
            asio::post(io, [&tasks] { tasks.cancel(); });
            io.restart();
            io.run_for(milliseconds{50});
        }
        return answer;
    }
    /// Waits until the journal is healthy.
    bool recovers() {
        const Instant end = BootClock::now() + seconds{20};
        while (!journal->healthy() && BootClock::now() < end) {
            io.restart();
            io.run_one_for(milliseconds{100});
        }
        return journal->healthy();
    }
    [[nodiscard]] int mails_on_disk(const std::string& condition = "1 = 1") const {
        soci::session sql;
        open_ledger(sql, ledger_path(folder), LedgerAccess::read);
        int mails = 0;
        sql << "SELECT COUNT(*) FROM mails WHERE " + condition, soci::into(mails);
        return mails;
    }
    /// Mail 1 is kept; mail 2 is not, because of `other`, which then lets go.
    void fail_for_mail_2(soci::session& other) {
        EXPECT_EQ(answer_to(1), Durability::durable);
        open_ledger(other, ledger_path(folder), LedgerAccess::write);
        other << "BEGIN IMMEDIATE";
        EXPECT_EQ(answer_to(2), Durability::lost_on_crash);
        other << "ROLLBACK";
    }

    std::string folder;
    asio::io_context io{1};
    std::vector<bool> told;
    Duration took{};
    std::unique_ptr<SqlJournal> journal;
};

TEST_F(JournalPatience, DurableMeansThatAnotherReaderFindsIt) {
    EXPECT_EQ(answer_to(1), Durability::durable);
    EXPECT_EQ(mails_on_disk(), 1);
}

TEST_F(JournalPatience, ADiskThatDoesNotAnswerHoldsAMailUpForASecondAndIsToldOf) {
    EXPECT_EQ(answer_to(1), Durability::durable);
    soci::session other;
    open_ledger(other, ledger_path(folder), LedgerAccess::write);
    other << "BEGIN IMMEDIATE";
    EXPECT_EQ(answer_to(2), Durability::lost_on_crash);
    EXPECT_GE(took, milliseconds{900});
    EXPECT_LE(took, milliseconds{2000});
    EXPECT_EQ(told, std::vector<bool>{false});
    EXPECT_FALSE(journal->healthy());
    EXPECT_EQ(answer_to(3), Durability::lost_on_crash) << "and the next one not at all";
    EXPECT_LE(took, milliseconds{500});
    EXPECT_EQ(mails_on_disk(), 1);
    other << "ROLLBACK";
}

TEST_F(JournalPatience, WhatWaitedForTheDiskIsWrittenWhenItAnswersAgain) {
    soci::session other;
    fail_for_mail_2(other);
    EXPECT_TRUE(recovers());
    EXPECT_EQ(mails_on_disk(), 2);
    EXPECT_EQ(answer_to(3), Durability::durable);
}

TEST_F(JournalPatience, AJournalIsNotHealthyWhileTheRestOfItsBacklogIsOnItsWayToTheDisk) {
    soci::session other;
    fail_for_mail_2(other);
    // The loop has not heard of that commit when the writer has the next group in its hand.
    const Instant end = BootClock::now() + seconds{20};
    while (mails_on_disk() < 2 && BootClock::now() < end)
        std::this_thread::yield();
    other << "BEGIN IMMEDIATE";
    const std::uint64_t before = journal->activity().mark;
    journal->note(intent(3));
    while (journal->activity().mark == before && BootClock::now() < end)
        std::this_thread::yield();
    io.restart();
    io.poll();
    EXPECT_EQ(mails_on_disk(), 2);
    EXPECT_FALSE(journal->healthy()) << "mail 3 would be forgotten after a crash";
    EXPECT_EQ(told, std::vector<bool>{false});
    other << "ROLLBACK";
    EXPECT_TRUE(recovers());
    EXPECT_EQ(mails_on_disk(), 3);
}

TEST_F(JournalPatience, AJournalRecoversThoughRecordsKeepComing) {
    soci::session other;
    fail_for_mail_2(other);
    const Instant end = BootClock::now() + seconds{20};
    MailId mail = 10;
    journal->note(intent(mail));
    for (int round = 0; round < 20 && !journal->healthy(); ++round) {
        while (journal->activity().busy && BootClock::now() < end)
            std::this_thread::yield();
        // The loop hears of a commit when there is the next record already.
        journal->note(intent(++mail));
        io.restart();
        io.poll();
    }
    EXPECT_TRUE(journal->healthy());
    EXPECT_EQ(told, (std::vector<bool>{false, true}));
    EXPECT_GE(mails_on_disk(), 3) << "with all that was given up on";
}

TEST_F(JournalPatience, WhatCouldNotBeWrittenIsWrittenWhenItCan) {
    EXPECT_EQ(answer_to(1), Durability::durable);
    soci::session other;
    open_ledger(other, ledger_path(folder), LedgerAccess::write);
    other << "ALTER TABLE mails RENAME TO elsewhere";
    EXPECT_EQ(answer_to(2), Durability::lost_on_crash);
    EXPECT_EQ(answer_to(3), Durability::lost_on_crash);
    other << "ALTER TABLE elsewhere RENAME TO mails";
    EXPECT_TRUE(recovers());
    EXPECT_EQ(mails_on_disk(), 3);
    EXPECT_EQ(mails_on_disk("at_risk = 1"), 2) << "of all that left before, not of the queue only";
    EXPECT_EQ(answer_to(4), Durability::durable);
}

TEST_F(JournalPatience, WhatNobodyWaitsForIsWrittenSoonAnyway) {
    EXPECT_TRUE(answer_to(1));
    journal->note(intent(2));
    const Instant end = BootClock::now() + seconds{10};
    while (mails_on_disk() < 2 && BootClock::now() < end)
        std::this_thread::yield();
    EXPECT_EQ(mails_on_disk(), 2);
}

TEST_F(JournalPatience, AStartIsRememberedBeforeAndAfterItsVerdictAndNeverGoesBack) {
    journal->note(intent(10));
    EXPECT_EQ(recalled_start(), WallTime{seconds{10}}) << "by its pending mail";
    journal->note(intent(20));
    journal->note(delivered(10));
    EXPECT_EQ(recalled_start(), WallTime{seconds{20}});
    // A daemon that started nothing itself must not put its own ignorance in place of that.
    journal->note(delivered(20));
    EXPECT_EQ(recalled_start(), WallTime{seconds{20}}) << "by the row of the probe";
}

TEST(LedgerFile, ACommitWaitsForTheDisk) {
    std::string name = (std::filesystem::temp_directory_path() / "mailprobed-XXXXXX").string();
    const std::string folder = ::mkdtemp(name.data());
    {
        soci::session sql;
        open_ledger(sql, ledger_path(folder), LedgerAccess::write);
        int synchronous = 0;
        std::string mode;
        sql << "PRAGMA synchronous", soci::into(synchronous);
        sql << "PRAGMA journal_mode", soci::into(mode);
        EXPECT_EQ(synchronous, 2) << "2 is FULL";
        EXPECT_EQ(mode, "wal");
    }
    std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace mailprobed
