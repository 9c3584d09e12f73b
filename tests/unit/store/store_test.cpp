// SPDX-License-Identifier: Apache-2.0
// The queue over a store that is no database gives back what it gives back over SQLite: there is no
// rule in either.
#include "daemon/store/store.hpp"

#include "tests/support/ledger_support.hpp"
#include "tests/support/memory_store.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <random>
#include <sstream>

namespace mailprobed::test {
namespace {

constexpr MailId kMails = 12;

/// A mail's life as a ledger hands it out, drawn step by step.
class Life {
  public:
    explicit Life(MailId mail) : state_(intent_of(mail)) {}

    JournalRecords next(std::minstd_rand& dice) {
        if (!begun_) {
            begun_ = true;
            return {state_};
        }
        if (verdict_) return later(dice);
        switch (dice() % 4) {
            case 0:
                state_ = answer_to(state_, Progress::accepted);
                return {state_};
            case 1:
                state_.progress = Progress::retry;
                return {state_};
            case 2:
                state_.progress = Progress::intended;
                ++state_.attempt;
                return {state_};
            default:
                verdict_ = verdict_on(state_, kVerdicts.at(dice() % kVerdicts.size()));
                return {*verdict_};
        }
    }

  private:
    JournalRecords later(std::minstd_rand& dice) {
        JudgedMail& mail = verdict_->judged;
        JournalRecords records;
        switch (dice() % 3) {
            case 0:
                ++mail.removed;
                break;
            case 1:
                ++mail.duplicates;
                records.emplace_back(
                    evidence_on(mail.mail, Evidence::duplicate, 1, mail.duplicates));
                break;
            default:
                mail.bounced = true;
                records.emplace_back(evidence_on(mail.mail, Evidence::bounce, 0));
                break;
        }
        records.emplace_back(mail);
        return records;
    }

    MailState state_;
    std::optional<VerdictRecord> verdict_;
    bool begun_ = false;
};

std::string told(const RestoredState& all) {
    std::vector<std::string> lines;
    for (const MailState& mail : all.pending) {
        std::ostringstream line;
        line << mail.mail << " pending " << int(mail.progress) << ' ' << int(mail.attempt) << ' '
             << int(mail.handed_attempt) << ' ' << mail.deadline.time_since_epoch().count();
        lines.push_back(line.str());
    }
    for (const auto& [probe, mail] : all.settled) {
        std::ostringstream line;
        line << mail.mail << ' ' << probe << ' ' << to_string(mail.verdict) << mail.refused
             << mail.arrived << mail.bounced << ' ' << int(mail.attempt) << ' '
             << int(mail.duplicates) << ' ' << int(mail.removed);
        lines.push_back(line.str());
    }
    std::ranges::sort(lines);
    std::string text;
    for (const std::string& line : lines)
        text += line + "\n";
    return text;
}

TEST(Store, AnyStoreGivesBackTheSameLivesWhetherItFailedMeanwhileOrNot) {
    for (unsigned seed = 1; seed <= 12; ++seed) {
        const LedgerDirectory here;
        auto rows = std::make_shared<MemoryRows>();
        auto fails = std::make_shared<std::atomic<bool>>(false);
        {
            asio::io_context io(1);
            SqlJournal memory(io.get_executor(), std::make_unique<MemoryStore>(rows, fails), {});
            SqlJournal sqlite(
                io.get_executor(),
                JournalPlace{here.path(), std::chrono::hours{48}, std::chrono::hours{720}}, {});
            std::minstd_rand dice(seed);
            std::vector<Life> lives;
            for (MailId mail = 1; mail <= kMails; ++mail)
                lives.emplace_back(mail);
            for (int step = 0; step < 120; ++step) {
                // What waits is replaced; what was written is replaced there.
                if (step % 30 == 10) *fails = true;
                if (step % 30 == 20) *fails = false;
                const JournalRecords records = lives[dice() % lives.size()].next(dice);
                memory.note(records);
                sqlite.note(records);
                if (dice() % 8 == 0) std::this_thread::yield();
            }
            *fails = false;
            EXPECT_TRUE(memory.close(std::chrono::seconds{20}));
            EXPECT_TRUE(sqlite.close(std::chrono::seconds{20}));
        }
        asio::io_context io(1);
        SqlJournal memory(io.get_executor(), std::make_unique<MemoryStore>(rows, fails), {});
        const JournalRun sqlite(here.path());
        const std::string kept = told(memory.load());
        EXPECT_EQ(kept, told(sqlite.restored())) << "seed " << seed;
        EXPECT_EQ(std::ranges::count(kept, '\n'), kMails) << "seed " << seed;
    }
}

}  // namespace
}  // namespace mailprobed::test
