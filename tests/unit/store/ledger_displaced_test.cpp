// SPDX-License-Identifier: Apache-2.0
// The ledger's files are removed or replaced while the journal uses them, or between two runs.
#include "daemon/store/mark.hpp"
#include "daemon/store/place.hpp"
#include "daemon/store/sql_journal.hpp"
#include "probes/net/boot_clock.hpp"
#include "tests/support/ledger_support.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace mailprobed::test {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

class LedgerDisplacedTest : public testing::Test {
  protected:
    [[nodiscard]] std::vector<std::string> files(const std::string& part) const {
        std::vector<std::string> result;
        for (const auto& entry : std::filesystem::directory_iterator(here.path())) {
            const std::string name = entry.path().filename();
            if (name.find(part) != std::string::npos) result.push_back(name);
        }
        std::ranges::sort(result);
        return result;
    }
    void remove(const std::string& suffix) const {
        std::filesystem::remove(here.ledger() + suffix);
    }
    static std::string content(const std::string& path) {
        std::ostringstream text;
        text << std::ifstream(path).rdbuf();
        return text.str();
    }
    /// Writes mails from `first` on until the journal says that it is ill; the next number.
    static MailId write_until_ill(JournalRun& run, MailId first) {
        const Instant limit = BootClock::now() + seconds{30};
        MailId mail = first;
        while (!run.wait_for_health(false, std::chrono::milliseconds{50}) &&
               BootClock::now() < limit)
            run.record(intent_of(mail++));
        EXPECT_FALSE(run.healthy());
        return mail;
    }
    [[nodiscard]] std::size_t restored() const {
        const JournalRun next(here.path());
        return next.restored().pending.size();
    }

    LedgerDirectory here;
};

TEST_F(LedgerDisplacedTest, WhateverIsRemovedAllMailsAreInANewLedgerThatTheNextStartTakes) {
    for (const std::vector<std::string>& gone :
         {std::vector<std::string>{"", "-wal", "-shm"}, {""}, {"-wal"}, {"-shm"}}) {
        std::filesystem::remove_all(here.path());
        std::filesystem::create_directory(here.path());
        MailId next = 0;
        {
            JournalRun run(here.path());
            for (MailId mail = 1; mail <= 5; ++mail)
                run.record(intent_of(mail));
            for (const std::string& suffix : gone)
                remove(suffix);
            next = write_until_ill(run, 6);
            // It stays ill, for people are to look after it, and goes on keeping records.
            EXPECT_EQ(run.record(intent_of(next++)), Durability::durable);
            EXPECT_EQ(run.record(intent_of(next++)), Durability::durable);
            EXPECT_FALSE(run.healthy());
            EXPECT_EQ(files("recovered").front().substr(0, 17), "ledger-recovered-");
            EXPECT_NE(run.reasons().front().find("ledger-recovered-"), std::string::npos);
            EXPECT_EQ(ledger_path(here.path()), here.path() + "/" + files("recovered").front());
            LedgerDirectory crashed;
            std::filesystem::copy(here.path(), crashed.path(),
                                  std::filesystem::copy_options::recursive |
                                      std::filesystem::copy_options::overwrite_existing);
            JournalRun after(crashed.path());
            EXPECT_EQ(after.restored().pending.size(), next - 1)
                << "after a crash: " << testing::PrintToString(after.reasons());
        }
        EXPECT_EQ(restored(), next - 1);
        EXPECT_TRUE(files("recovered").empty());
        EXPECT_TRUE(std::filesystem::exists(here.ledger()));
        EXPECT_EQ(restored(), next - 1) << "it is the ledger again";
    }
}

TEST_F(LedgerDisplacedTest, AFileThatTookItsPlaceIsNeverWrittenTo) {
    LedgerDirectory other;
    {
        JournalRun run(other.path());
        run.record(intent_of(1000));
    }
    const std::string strange = content(other.ledger());
    MailId next = 0;
    {
        JournalRun run(here.path());
        run.record(intent_of(1));
        // As a restore does it: the database alone.
        std::filesystem::copy(other.ledger(), here.path() + "/new");
        std::filesystem::rename(here.path() + "/new", here.ledger());
        next = write_until_ill(run, 2);
        for (int i = 0; i < 20; ++i)
            run.record(intent_of(next++));
        EXPECT_EQ(files("recovered").size(), 1U + 2U) << "one, and its companions";
    }
    EXPECT_EQ(content(here.ledger()), strange);
    EXPECT_EQ(restored(), next - 1);
    const auto aside = files("replaced");
    ASSERT_FALSE(aside.empty());
    EXPECT_EQ(content(here.path() + "/" + aside.front()), strange);
}

TEST_F(LedgerDisplacedTest, WithoutRoomForANewOneItStaysIllAndGoesOn) {
    JournalRun run(here.path());
    run.record(intent_of(1));
    std::filesystem::remove_all(here.path());
    write_until_ill(run, 2);
    EXPECT_FALSE(run.healthy());
    EXPECT_FALSE(std::filesystem::exists(here.path()));
}

TEST_F(LedgerDisplacedTest, ACopyOfBeforeIsToldAndItsOpenMailsAreNotLookedFor) {
    const auto run_as = [&](std::uint32_t id, auto&& then) {
        asio::io_context io;
        std::string told;
        SqlJournal journal(io.get_executor(), {here.path(), hours{48}, hours{720}, id},
                           [&](bool, const std::string& why) { told += why; });
        const RestoredState all = journal.load();
        then(journal);
        static_cast<void>(journal.close(seconds{30}));
        io.poll();
        return std::pair{told, all};
    };
    LedgerDirectory copy;
    run_as(1, [](SqlJournal& journal) { journal.note(intent_of(1)); });
    here.copy_to(copy);
    run_as(2, [](SqlJournal& journal) {
        journal.note(verdict_on(intent_of(1), Verdict::delivered));
        journal.note(ClockRecord{BootClock::now(), wall_now()});
    });
    {
        const auto [told, all] = run_as(3, [](SqlJournal&) {});
        EXPECT_EQ(told, "");
        EXPECT_TRUE(all.pending.empty());
    }
    for (const char* suffix : {"", "-wal", "-shm"})
        remove(suffix);
    copy.copy_to(here);
    const auto [told, all] = run_as(4, [](SqlJournal&) {});
    EXPECT_NE(told.find("older than the last run"), std::string::npos) << told;
    ASSERT_EQ(all.pending.size(), 1U);
    EXPECT_NE(all.pending[0].doubt, "");
    const auto [again, later] = run_as(5, [](SqlJournal&) {});
    EXPECT_EQ(again, "") << "it is told once";
}

TEST(LedgerMark, OneThatCannotBeReadClaimsNothing) {
    const LedgerDirectory here;
    EXPECT_FALSE(read_ledger_mark(here.path()));
    write_ledger_mark(here.path(), {7, 9});
    EXPECT_EQ(read_ledger_mark(here.path())->run, 7U);
    EXPECT_EQ(read_ledger_mark(here.path())->readings, 9U);
    for (const char* text : {"", "x", "7", "7 x", "-"}) {
        std::ofstream(here.path() + "/ledger.mark") << text;
        EXPECT_FALSE(read_ledger_mark(here.path())) << text;
    }
    write_ledger_mark(here.path() + "/missing", {1, 1});
}

}  // namespace
}  // namespace mailprobed::test
