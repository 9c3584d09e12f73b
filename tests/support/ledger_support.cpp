// SPDX-License-Identifier: Apache-2.0
// Harness of the tests of the durable journal.
#include "tests/support/ledger_support.hpp"

#include "probes/net/boot_clock.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>

#include <filesystem>
#include <future>
#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

namespace mailprobed::test {

using std::chrono::seconds;

namespace {

constexpr const char* kProbe = "route";

Awaitable<Durability> hand_over(SqlJournal& journal, JournalRecords records) {
    const Durability kept = co_await journal.record(std::move(records));
    co_return kept;
}

// The journal that a test looks beside opens, recovers and closes its ledger whenever it likes, and
// is alone with it for that moment: wait for it, in seconds.
std::string beside_the_journal(const std::string& ledger) {
    return "dbname=\"" + ledger + "\" timeout=30";
}

}  // namespace

LedgerDirectory::LedgerDirectory() {
    std::string name = std::filesystem::temp_directory_path() / "mailprobed-ledger-XXXXXX";
    path_ = ::mkdtemp(name.data());
}

LedgerDirectory::~LedgerDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

void LedgerDirectory::copy_to(const LedgerDirectory& other) const {
    for (const char* suffix : {"", "-wal"}) {
        if (!std::filesystem::exists(ledger() + suffix)) continue;
        std::filesystem::copy(ledger() + suffix, other.ledger() + suffix,
                              std::filesystem::copy_options::overwrite_existing);
    }
}

void LedgerDirectory::execute(const std::string& statement) const {
    soci::session sql(soci::sqlite3, beside_the_journal(ledger()));
    sql << statement;
}

std::shared_ptr<void> LedgerDirectory::hold() const {
    auto sql = std::make_shared<soci::session>(soci::sqlite3, beside_the_journal(ledger()));
    *sql << "BEGIN IMMEDIATE";
    return sql;
}

std::string LedgerDirectory::ask(const std::string& query) const {
    soci::session sql(soci::sqlite3, beside_the_journal(ledger()));
    std::string answer;
    sql << "SELECT CAST((" + query + ") AS TEXT)", soci::into(answer);
    return answer;
}

JournalRun::JournalRun(const std::string& directory, Duration history)
    : journal_(std::make_unique<SqlJournal>(
          io_.get_executor(), JournalPlace{directory, std::chrono::hours{48}, history},
          [this](bool healthy, const std::string& why) {
              const std::lock_guard lock(mutex_);
              told_ = healthy;
              if (!why.empty()) reasons_.push_back(why);
              changed_.notify_all();
          })),
      remembered_(journal_->load()),
      work_(io_.get_executor()),
      thread_([this] { io_.run(); }) {}

JournalRun::~JournalRun() {
    io_.stop();
    thread_.join();
    journal_.reset();
}

Durability JournalRun::record(JournalRecord record) {
    return record_all({std::move(record)});
}

Durability JournalRun::record_all(JournalRecords records) {
    return asio::co_spawn(io_, hand_over(*journal_, std::move(records)), asio::use_future).get();
}

void JournalRun::note(std::vector<JournalRecord> records) {
    std::promise<void> done;
    asio::post(io_, [&] {
        for (JournalRecord& record : records)
            journal_->note(std::move(record));
        done.set_value();
    });
    done.get_future().wait();
}

bool JournalRun::healthy() {
    std::promise<bool> answer;
    asio::post(io_, [&] { answer.set_value(journal_->healthy()); });
    return answer.get_future().get();
}

bool JournalRun::wait_for_health(bool healthy, std::chrono::milliseconds limit) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, limit, [&] { return told_ == healthy; });
}

bool JournalRun::wait_for_recovery() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kRecovery, [&] { return told_ && !reasons_.empty(); });
}

std::vector<std::string> JournalRun::reasons() {
    const std::lock_guard lock(mutex_);
    return reasons_;
}

MailState intent_of(MailId mail, Duration ago) {
    MailState intent;
    intent.mail = mail;
    intent.probe = kProbe;
    intent.started = BootClock::now() - ago;
    intent.deadline = intent.started + seconds{10};
    intent.grace_end = intent.deadline + seconds{5};
    intent.wall = wall_now() - ago;
    intent.body_digest = 0xfedcba9876543210;
    return intent;
}

MailState answer_to(const MailState& intent, Progress answer) {
    MailState state = intent;
    state.progress = answer;
    state.handed_attempt = intent.attempt;
    state.handed = intent.started + seconds{2};
    return state;
}

VerdictRecord verdict_on(const MailState& intent, Verdict verdict) {
    VerdictRecord record;
    Judgement& judgement = record.judgement;
    static_cast<MailState&>(judgement) = intent;
    judgement.verdict = verdict;
    judgement.handed = intent.started + seconds{2};
    judgement.lower = intent.started + seconds{3};
    judgement.upper = intent.started + seconds{4};
    if (verdict == Verdict::send_failed) {
        judgement.failure = StageCause{Stage::accept, Cause::rejected_permanent};
    }
    if (verdict == Verdict::bounced) judgement.status_class = StatusClass::permanent;
    JudgedMail& judged = record.judged;
    judged.mail = intent.mail;
    judged.verdict = verdict;
    judged.refused = verdict == Verdict::send_failed;
    judged.bounced = verdict == Verdict::bounced;
    judged.arrived = verdict == Verdict::delivered;
    if (judged.arrived) judged.attempt = intent.attempt;
    record.wall = intent.wall + seconds{4};
    return record;
}

EvidenceRecord evidence_on(MailId mail, Evidence kind, std::uint8_t attempt, std::uint32_t count) {
    EvidenceRecord record;
    record.evidence.mail = mail;
    record.evidence.kind = kind;
    record.evidence.count = record.evidence.total = count;
    record.probe = kProbe;
    record.attempt = attempt;
    record.wall = wall_now();
    return record;
}

}  // namespace mailprobed::test
