// SPDX-License-Identifier: Apache-2.0
// The durable journal when the disk fails, the file is damaged or of another time: it says so,
// nobody waits long, and when the cause is gone all is written in its order without a restart.
#include "daemon/store/reader.hpp"
#include "daemon/store/schema.hpp"
#include "probes/net/boot_clock.hpp"
#include "tests/support/ledger_support.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace mailprobed::test {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// How long a sender may be held up at most, and some time for a loaded machine.
constexpr milliseconds kHeldUp{2500};

class SqlJournalTrouble : public testing::Test {
  protected:
    LedgerDirectory here;

    /// A file where the ledger should be a directory, and the other way round.
    void block() const { fs::create_directory(here.ledger()); }
    void unblock() const { fs::remove(here.ledger()); }

    static std::string bytes_of(const std::string& path) {
        std::ostringstream all;
        all << std::ifstream(path, std::ios::binary).rdbuf();
        return all.str();
    }
    [[nodiscard]] std::vector<std::string> set_aside() const {
        std::vector<std::string> found;
        for (const auto& entry : fs::directory_iterator(here.path())) {
            const std::string name = entry.path().string();
            if (name.find(".damaged-") != std::string::npos && !name.ends_with("-wal") &&
                !name.ends_with("-shm")) {
                found.push_back(name);
            }
        }
        return found;
    }
    /// Runs `body` in a process of its own, whose limits are its own; it returns what is wrong.
    static void in_a_child(const std::function<std::string()>& body) {
        int ends[2];
        ASSERT_EQ(::pipe(ends), 0);
        const pid_t child = ::fork();
        ASSERT_GE(child, 0);
        if (child == 0) {
            const std::string wrong = body();
            if (::write(ends[1], wrong.data(), wrong.size()) < 0) ::_exit(3);
            ::_exit(0);
        }
        ::close(ends[1]);
        std::string wrong(1000, '\0');
        const ssize_t length = ::read(ends[0], wrong.data(), wrong.size());
        wrong.resize(length > 0 ? static_cast<std::size_t>(length) : 0);
        ::close(ends[0]);
        int status = 0;
        ASSERT_EQ(::waitpid(child, &status, 0), child);
        EXPECT_EQ(status, 0) << "it did not come to its end";
        EXPECT_EQ(wrong, "");
    }
};

TEST_F(SqlJournalTrouble, ALedgerThatCannotBeOpenedHoldsNobodyUpAndIsWrittenWhenItCan) {
    block();
    JournalRun run(here.path());
    ASSERT_TRUE(run.wait_for_health(false, kHeldUp));
    ASSERT_EQ(run.reasons().size(), 1U);
    EXPECT_NE(run.reasons()[0], "");
    const Instant before = BootClock::now();
    for (MailId mail = 1; mail <= 50; ++mail) {
        const MailState intent = intent_of(mail);
        EXPECT_EQ(run.record(intent), Durability::lost_on_crash);
        run.note({verdict_on(intent, mail < 50 ? Verdict::lost : Verdict::delivered)});
    }
    EXPECT_LT(BootClock::now() - before, kHeldUp) << "a journal known to be broken made them wait";
    EXPECT_FALSE(run.healthy());
    unblock();
    ASSERT_TRUE(run.wait_for_health(true));
    EXPECT_TRUE(run.healthy());
    EXPECT_EQ(run.record(intent_of(51)), Durability::durable);
    // In another order a verdict would not find its mail, or the last would not be the delivered.
    EXPECT_EQ(here.ask("SELECT COUNT(*) FROM mails WHERE verdict <> ''"), "50");
    EXPECT_EQ(here.ask("SELECT bad_streak FROM probes"), "0");
    EXPECT_EQ(here.ask("SELECT SUM(at_risk) FROM mails"), "50") << "they say that they were";
}

TEST_F(SqlJournalTrouble, AFullDiskInTheMiddleIsToldWithinASecondAndOvercomeWithoutARestart) {
    in_a_child([this]() -> std::string {
        std::signal(SIGXFSZ, SIG_IGN);
        JournalRun run(here.path());
        if (run.record(intent_of(1)) != Durability::durable) return "not durable at first";
        // No file may grow: what a full disk does to a write-ahead log.
        rlimit before{};
        ::getrlimit(RLIMIT_FSIZE, &before);
        const rlimit full{1, before.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &full);
        const Instant start = BootClock::now();
        if (run.record(intent_of(2)) != Durability::lost_on_crash) return "durable on a full disk";
        if (BootClock::now() - start > kHeldUp) return "held up";
        if (!run.wait_for_health(false, kHeldUp)) return "nobody was told";
        if (run.record(intent_of(3)) != Durability::lost_on_crash) return "durable when unhealthy";
        run.note({verdict_on(intent_of(1), Verdict::lost)});
        ::setrlimit(RLIMIT_FSIZE, &before);
        if (!run.wait_for_health(true)) return "no recovery";
        if (run.record(intent_of(4)) != Durability::durable) return "not durable after it";
        return here.ask("SELECT GROUP_CONCAT(mail || verdict) FROM mails") == "1lost,2,3,4"
                   ? ""
                   : "something is missing";
    });
}

TEST_F(SqlJournalTrouble, ADiskThatIsFullAtTheStartForgetsNoMail) {
    {
        JournalRun run(here.path());
        run.record(intent_of(1));
    }
    in_a_child([this]() -> std::string {
        std::signal(SIGXFSZ, SIG_IGN);
        rlimit before{};
        ::getrlimit(RLIMIT_FSIZE, &before);
        const rlimit full{1, before.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &full);
        JournalRun run(here.path());
        if (run.restored().pending.size() != 1) return "the mail is forgotten";
        if (!run.wait_for_health(false, kHeldUp)) return "nobody was told";
        run.note({verdict_on(intent_of(1), Verdict::delivered)});
        ::setrlimit(RLIMIT_FSIZE, &before);
        if (!run.wait_for_health(true)) return "no recovery";
        return here.ask("SELECT verdict FROM mails") == "delivered" ? "" : "the verdict is lost";
    });
}

TEST_F(SqlJournalTrouble, AMailOfALedgerThatWasUnreadableAtTheStartIsNotWatchedOnceItsCopyIsSeen) {
    {
        JournalRun run(here.path());
        run.note({intent_of(1), answer_to(intent_of(1), Progress::accepted)});
        ASSERT_EQ(run.record(intent_of(2)), Durability::durable);
    }
    fs::rename(here.ledger(), here.path() + "/elsewhere");
    // Unlike a directory it can be replaced in one step: never is there nothing, which would be
    // taken for a new ledger.
    fs::create_symlink(here.path() + "/nowhere/ledger", here.ledger());
    {
        JournalRun run(here.path());
        ASSERT_TRUE(run.wait_for_health(false, kHeldUp));
        EXPECT_TRUE(run.restored().pending.empty());
        fs::rename(here.path() + "/elsewhere", here.ledger());
        ASSERT_TRUE(run.wait_for_health(true));
        // A stranger to this run: counted, and removed from its mailbox.
        EXPECT_EQ(run.record(evidence_on(1, Evidence::orphan)), Durability::durable);
    }
    const JournalRun next(here.path());
    ASSERT_EQ(next.restored().pending.size(), 1U) << "mail 1 would be called lost";
    EXPECT_EQ(next.restored().pending[0].mail, 2U);
    EXPECT_EQ(here.ask("SELECT verdict || arrived || arrived_attempt FROM mails WHERE mail = 1"),
              "unobserved11");
    const LedgerReport report = LedgerReader(here.ledger()).verify();
    EXPECT_EQ(report.problems, std::vector<std::string>{});
}

TEST_F(SqlJournalTrouble, ADiskThatHangsHoldsASenderUpForASecond) {
    JournalRun run(here.path());
    ASSERT_EQ(run.record(intent_of(1)), Durability::durable);
    // Somebody in the middle of a transaction: SQLite waits for them, as for a slow disk.
    auto hold = here.hold();
    const Instant before = BootClock::now();
    EXPECT_EQ(run.record(intent_of(2)), Durability::lost_on_crash);
    EXPECT_GE(BootClock::now() - before, milliseconds{900});
    EXPECT_LT(BootClock::now() - before, kHeldUp);
    EXPECT_TRUE(run.wait_for_health(false, milliseconds{100}));
    hold.reset();
    EXPECT_TRUE(run.wait_for_health(true));
    EXPECT_EQ(run.record(intent_of(3)), Durability::durable);
    EXPECT_EQ(here.ask("SELECT COUNT(*) FROM mails"), "3");
}

TEST_F(SqlJournalTrouble, ADirectoryThatIsReadOnlyIsRefusedAtStartWithARemedy) {
    fs::permissions(here.path(), fs::perms{0555});
    in_a_child([this]() -> std::string {
        // Nothing is read-only to root.
        constexpr uid_t kNobody = 65534;
        if (::geteuid() == 0 && ::setuid(kNobody) != 0) return "cannot become another user";
        try {
            const JournalRun run(here.path());
            return "opened";
        } catch (const std::exception& error) {
            const std::string what = error.what();
            return what.find("state_directory") == std::string::npos ? "no remedy: " + what : "";
        }
    });
    fs::permissions(here.path(), fs::perms::owner_all);
}

TEST_F(SqlJournalTrouble, ALedgerOfANewerVersionIsRefusedPolitelyAndNotTouched) {
    {
        JournalRun run(here.path());
        run.record(intent_of(1));
    }
    here.execute("UPDATE schema_version SET version = " + std::to_string(kLedgerVersion + 1));
    JournalRun run(here.path());
    ASSERT_TRUE(run.wait_for_health(false, kHeldUp));
    const std::string why = run.reasons().at(0);
    EXPECT_NE(why.find("version " + std::to_string(kLedgerVersion + 1)), std::string::npos) << why;
    EXPECT_NE(why.find("newer program"), std::string::npos) << why;
    EXPECT_EQ(run.record(intent_of(2)), Durability::lost_on_crash);
    EXPECT_EQ(here.ask("SELECT COUNT(*) FROM mails"), "1");
    EXPECT_TRUE(set_aside().empty());
}

TEST_F(SqlJournalTrouble, AFileThatIsNoLedgerIsSetAsideAndANewOneWorks) {
    const std::string garbage(5000, 'x');
    std::ofstream(here.ledger()) << garbage;
    JournalRun run(here.path());
    ASSERT_TRUE(run.wait_for_recovery()) << "people must hear of it";
    EXPECT_EQ(run.record(intent_of(1)), Durability::durable);
    const auto old = set_aside();
    ASSERT_EQ(old.size(), 1U);
    EXPECT_EQ(bytes_of(old[0]), garbage);
    EXPECT_NE(run.reasons()[0].find(old[0]), std::string::npos) << run.reasons()[0];
    EXPECT_TRUE(run.healthy());
}

TEST_F(SqlJournalTrouble, ALedgerWithABrokenPageIsSetAsideAndANewOneWorks) {
    {
        JournalRun run(here.path());
        for (MailId mail = 1; mail <= 200; ++mail)
            run.note({intent_of(mail)});
        run.record(intent_of(201));
    }
    const std::string root = here.ask("SELECT rootpage FROM sqlite_master WHERE name = 'mails'");
    {
        std::fstream file(here.ledger(), std::ios::in | std::ios::out | std::ios::binary);
        file.seekp((std::stol(root) - 1) * 4096);
        file << std::string(4096, '\x5a');
    }
    const std::string damaged = bytes_of(here.ledger());
    JournalRun run(here.path());
    ASSERT_TRUE(run.wait_for_recovery()) << "people must hear of it";
    EXPECT_EQ(run.record(intent_of(1)), Durability::durable);
    EXPECT_TRUE(run.healthy());
    const auto old = set_aside();
    ASSERT_EQ(old.size(), 1U);
    EXPECT_EQ(bytes_of(old[0]).size(), damaged.size());
    EXPECT_EQ(here.ask("SELECT COUNT(*) FROM mails"), "1");
}

TEST_F(SqlJournalTrouble, TheBacklogOfABrokenDiskIsBoundedAndLosesTheOldest) {
    block();
    JournalRun run(here.path());
    ASSERT_TRUE(run.wait_for_health(false, kHeldUp));
    const std::size_t surplus = SqlJournal::kBacklogSlack + 1000;
    std::vector<JournalRecord> records;
    for (std::size_t i = 1; i <= SqlJournal::kMaxBacklog + surplus; ++i)
        records.emplace_back(EntriesRecord{"box", {{i, std::nullopt}}, {}});
    run.note(std::move(records));
    unblock();
    ASSERT_TRUE(run.wait_for_health(true, seconds{50}));
    const auto kept = std::stoul(here.ask("SELECT COUNT(*) FROM entries"));
    EXPECT_GE(kept, SqlJournal::kMaxBacklog);
    // What the writer has in its hand is not in the queue.
    EXPECT_LE(kept, SqlJournal::kMaxBacklog + surplus - 1);
    EXPECT_EQ(here.ask("SELECT MAX(entry) FROM entries"),
              std::to_string(SqlJournal::kMaxBacklog + surplus));
    EXPECT_EQ(run.reasons().size(), 1U) << "entries are read again: nothing is missing";
}

TEST_F(SqlJournalTrouble, AMailOnTheDiskKeepsItsVerdictHoweverLongTheDiskFails) {
    constexpr MailId kMails = 30'000;
    {
        JournalRun run(here.path());
        const MailState before = intent_of(1);
        ASSERT_EQ(run.record(before), Durability::durable);
        run.note({answer_to(before, Progress::accepted)});
        ASSERT_EQ(run.record(intent_of(2)), Durability::durable);
        here.execute("ALTER TABLE mails RENAME TO elsewhere");
        EXPECT_EQ(run.record(verdict_on(before, Verdict::delivered)), Durability::lost_on_crash);
        std::vector<JournalRecord> records{verdict_on(intent_of(2), Verdict::delivered)};
        for (MailId mail = 3; mail <= kMails; ++mail) {
            const MailState intent = intent_of(mail);
            records.emplace_back(intent);
            records.emplace_back(verdict_on(intent, Verdict::lost));
        }
        run.note(std::move(records));
        EXPECT_FALSE(run.healthy());
        here.execute("ALTER TABLE elsewhere RENAME TO mails");
        ASSERT_TRUE(run.wait_for_health(true, seconds{50}));
        EXPECT_EQ(here.ask("SELECT verdict FROM mails WHERE mail = 1"), "delivered");
        EXPECT_EQ(here.ask("SELECT verdict FROM mails WHERE mail = 2"), "delivered");
        EXPECT_EQ(here.ask("SELECT verdict FROM mails WHERE mail = " + std::to_string(kMails)),
                  "lost");
        EXPECT_EQ(here.ask("SELECT COUNT(*) FROM mails WHERE verdict = ''"), "0");
        const auto reasons = run.reasons();
        const auto kept = std::stoul(here.ask("SELECT COUNT(*) FROM mails"));
        ASSERT_EQ(reasons.size(), 3U) << "the failure, the beginning and the size of the gap";
        EXPECT_NE(reasons[1].find("given up"), std::string::npos) << reasons[1];
        EXPECT_EQ(reasons[2], std::to_string(2 * (kMails - kept)) +
                                  " records were given up while the disk failed");
        EXPECT_LT(kept, kMails);
    }
    const JournalRun next(here.path());
    EXPECT_TRUE(next.restored().pending.empty()) << "they would be called lost";
}

}  // namespace
}  // namespace mailprobed::test
