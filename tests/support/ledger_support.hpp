// SPDX-License-Identifier: Apache-2.0
// A durable journal on a loop of its own thread, and a directory for its ledger.
#pragma once

#include "daemon/store/sql_journal.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace mailprobed::test {

/// A directory that is removed with everything in it.
class LedgerDirectory {
  public:
    LedgerDirectory();
    LedgerDirectory(const LedgerDirectory&) = delete;
    LedgerDirectory& operator=(const LedgerDirectory&) = delete;
    ~LedgerDirectory();
    [[nodiscard]] const std::string& path() const noexcept { return path_; }
    [[nodiscard]] std::string ledger() const { return path_ + "/ledger.db"; }
    /// Copies database and write-ahead log, as they are on the disk, over those of `other`.
    void copy_to(const LedgerDirectory& other) const;
    /// Runs one statement in the ledger, with nobody else in it.
    void execute(const std::string& statement) const;
    /// Keeps everybody else from writing until the result is destroyed.
    [[nodiscard]] std::shared_ptr<void> hold() const;
    /// The first column of the first row, as text.
    [[nodiscard]] std::string ask(const std::string& query) const;

  private:
    std::string path_;
};

/// A journal in use.
class JournalRun {
  public:
    explicit JournalRun(const std::string& directory,
                        Duration history = std::chrono::hours{24 * 30});
    JournalRun(const JournalRun&) = delete;
    JournalRun& operator=(const JournalRun&) = delete;
    /// Destroys the journal; nothing is done for it before.
    ~JournalRun();

    /// Hands over a record and returns what was promised.
    Durability record(JournalRecord record);
    /// Hands over records that belong together.
    Durability record_all(JournalRecords records);
    /// Hands over records that nobody waits for.
    void note(std::vector<JournalRecord> records);
    [[nodiscard]] bool healthy();
    [[nodiscard]] const RestoredState& restored() const noexcept { return remembered_; }
    /// Waits until the handler was last told `healthy`; false if it was not within `limit`.
    bool wait_for_health(bool healthy, std::chrono::milliseconds limit = kRecovery);
    /// Waits until the handler was told of trouble and, after it, of its end; false if it was not.
    bool wait_for_recovery();
    /// What the handler was told as reasons so far.
    [[nodiscard]] std::vector<std::string> reasons();

  private:
    static constexpr std::chrono::milliseconds kRecovery = std::chrono::seconds{20};

    asio::io_context io_{1};
    std::mutex mutex_;
    std::condition_variable changed_;
    bool told_ = true;
    std::vector<std::string> reasons_;
    std::unique_ptr<SqlJournal> journal_;
    RestoredState remembered_;
    asio::executor_work_guard<asio::io_context::executor_type> work_;
    std::thread thread_;
};

/// The intent of attempt 1 of a mail that began `ago` ago, deadline 10 s, grace 5 s.
[[nodiscard]] MailState intent_of(MailId mail, Duration ago = {});
/// What is known after the answer to it: handed over 2 s after the start.
[[nodiscard]] MailState answer_to(const MailState& intent, Progress answer);
/// The verdict on it.
[[nodiscard]] VerdictRecord verdict_on(const MailState& intent, Verdict verdict);
/// Evidence on it; `count` is all of it.
[[nodiscard]] EvidenceRecord evidence_on(MailId mail, Evidence kind, std::uint8_t attempt = 1,
                                         std::uint32_t count = 1);

}  // namespace mailprobed::test
