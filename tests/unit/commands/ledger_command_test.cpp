// SPDX-License-Identifier: Apache-2.0
// The ledger as people and scripts read it.
#include "daemon/commands/ledger_command.hpp"

#include "daemon/store/place.hpp"
#include "daemon/store/reader.hpp"
#include "daemon/store/writer.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <sqlite3.h>
#include <stdexcept>
#include <string>
#include <vector>

namespace mailprobed {
namespace {

using std::chrono::seconds;

class LedgerCommand : public testing::Test {
  protected:
    LedgerCommand() {
        std::string pattern = testing::TempDir() + "ledger-XXXXXX";
        if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary directory");
        directory = pattern;
    }
    ~LedgerCommand() override { std::filesystem::remove_all(directory); }

    void write() {
        LedgerWriter writer(ledger_path(directory), clocks);
        MailState intent;
        intent.mail = 0xa1;
        intent.probe = "route";
        intent.started = clocks.boot;
        intent.deadline = clocks.boot + seconds{60};
        intent.wall = clocks.wall;
        VerdictRecord verdict;
        verdict.wall = clocks.wall + seconds{3};
        static_cast<MailState&>(verdict.judgement) = intent;
        verdict.judgement.verdict = Verdict::delivered;
        verdict.judgement.lower = clocks.boot + seconds{1};
        verdict.judgement.upper = clocks.boot + seconds{2};
        verdict.hops = "mx at 2026-01-01T00:00:00Z";
        EvidenceRecord evidence;
        evidence.evidence = {0xa1, 0, Evidence::duplicate, std::nullopt, 2, 2};
        evidence.probe = "route";
        evidence.attempt = 1;
        MailState pending = intent;
        pending.mail = 0xa2;
        pending.probe = "other";
        const std::vector<QueuedRecord> records{
            {intent, false}, {verdict, false}, {evidence, false}, {pending, false}};
        writer.write(records);
    }

    std::string printed(LedgerAction action, const std::string& mail = {},
                        const std::string& probe = {}) {
        Options options;
        options.ledger = action;
        options.mail = mail;
        options.probe = probe;
        testing::internal::CaptureStdout();
        status = run_ledger(directory, options);
        return testing::internal::GetCapturedStdout();
    }

    std::string directory;
    ClockReading clocks{"boot", Instant{seconds{1000}}, WallTime{seconds{1'800'000'000}}};
    ExitCode status = ExitStatus::ok;
};

TEST_F(LedgerCommand, ExportIsOneObjectALine) {
    write();
    EXPECT_EQ(printed(LedgerAction::export_all, {}, "route"),
              R"({"mail":"00000000000000a1","probe":"route","started":"2027-01-15T08:00:00.000Z",)"
              R"("attempt":1,"verdict":"delivered","judged":"2027-01-15T08:00:03.000Z",)"
              R"("round_trip":2,"uncertainty":1,"body":"unread","evidence":"duplicate:2",)"
              R"("hops":"mx at 2026-01-01T00:00:00Z"})"
              "\n");
}

TEST_F(LedgerCommand, ListNamesThePendingOnesAsSuch) {
    write();
    const std::string text = printed(LedgerAction::list);
    EXPECT_NE(text.find("00000000000000a2"), std::string::npos);
    EXPECT_NE(text.find("pending (intended)"), std::string::npos);
    EXPECT_NE(text.find("delivered 2.000 s"), std::string::npos);
}

TEST_F(LedgerCommand, ShowFindsOneMailOrSaysThatThereIsNone) {
    write();
    EXPECT_NE(printed(LedgerAction::show, "00000000000000a1").find("verdict: delivered"),
              std::string::npos);
    testing::internal::CaptureStderr();
    EXPECT_EQ(printed(LedgerAction::show, "00000000000000ff"), "");
    EXPECT_EQ(status, LedgerStatus::problem);
    EXPECT_EQ(printed(LedgerAction::show, "a1"), "");
    EXPECT_EQ(status, ExitStatus::usage);
    testing::internal::GetCapturedStderr();
}

TEST_F(LedgerCommand, VerifyCountsAndIsContentWithARightLedger) {
    write();
    EXPECT_EQ(printed(LedgerAction::verify), "2 mails = 1 verdicts + 1 pending\n");
    EXPECT_EQ(status, ExitStatus::ok);
}

TEST_F(LedgerCommand, VerifyFindsRowsThatBreakTheRules) {
    write();
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(ledger_path(directory).c_str(), &database), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(database,
                           "UPDATE mails SET lower_ns = upper_ns + 1 WHERE verdict <> '';"
                           "UPDATE mails SET verdict = 'eaten', judged_ns = 1 WHERE verdict = ''",
                           nullptr, nullptr, nullptr),
              SQLITE_OK);
    sqlite3_close(database);
    const std::string text = printed(LedgerAction::verify);
    EXPECT_EQ(status, LedgerStatus::problem);
    EXPECT_NE(text.find("upside down"), std::string::npos) << text;
    EXPECT_NE(text.find("unknown verdict eaten"), std::string::npos) << text;
}

TEST_F(LedgerCommand, ReadsWhileADaemonWrites) {
    write();
    LedgerWriter daemon(ledger_path(directory), clocks);
    EXPECT_EQ(printed(LedgerAction::verify), "2 mails = 1 verdicts + 1 pending\n");
}

TEST_F(LedgerCommand, ALedgerThatIsNotThereIsSaidToBeMissing) {
    EXPECT_THROW(printed(LedgerAction::list), std::runtime_error);
    testing::internal::GetCapturedStdout();
}

}  // namespace
}  // namespace mailprobed
