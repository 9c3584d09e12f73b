// SPDX-License-Identifier: Apache-2.0
// A monitor against the embedded server, over real sockets, with everything it tells recorded.
#pragma once

#include "daemon/store/sql_journal.hpp"
#include "probes/domain/ledger/ledger.hpp"
#include "probes/domain/settings/settings.hpp"
#include "probes/net/resolver.hpp"
#include "tests/loopback/server.hpp"
#include "tests/support/some_facts.hpp"

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace mailprobed::test {

/// A verdict as it was told.
struct RecordedVerdict {
    std::string probe;
    MailJudged fact;
    std::string detail;
};

/// Remembers what it is told; readable from any thread.
class Recorder final : public test::SomeFacts<Recorder> {
  public:
    void take(const MailStarted& fact);
    void take(const AttemptRefused& fact);
    void take(const StageDone& fact);
    void take(const MailJudged& fact);
    void take(const EvidenceFound& fact);
    void take(const LookDone& fact);
    void take(const TickMissed& fact);
    void take(const TagRejected& fact);
    void take(const ProbeGone& fact);
    void take(const MailboxGone& fact);
    void take(const InternalError& fact);
    [[nodiscard]] Interest interest() const override { return {.lines = true}; }
    void take(const TranscriptLine& fact);

    /// Waits until `ready` is true of this recorder; false if it was not within `limit`.
    bool wait(const std::function<bool(const Recorder&)>& ready,
              std::chrono::milliseconds limit = std::chrono::seconds{60});
    /// Runs `read` while nothing is recorded.
    void locked(const std::function<void(const Recorder&)>& read) const;

    // Read them inside wait() and locked() only, or when the run is over.
    std::map<std::string, std::uint64_t> started;
    std::map<std::string, Duration> worst_lag;
    std::vector<RecordedVerdict> verdicts;
    std::map<std::string, std::map<Evidence, int>> evidence;
    std::map<std::string, std::uint64_t> missed;
    std::map<TagReject, int> rejected;
    std::vector<std::optional<StageCause>> look_failures;
    std::uint64_t looks = 0;
    std::uint64_t complete_looks = 0;
    std::uint64_t deleted = 0;
    std::uint64_t came_again = 0;
    std::map<std::string, Duration> longest_look;
    std::optional<Duration> clock_ahead;
    std::map<std::string, std::vector<StageCause>> failures_of;
    std::vector<Stage> stages;
    std::string transcript;
    std::vector<std::string> gone;
    std::map<std::string, std::vector<WallTime>> starts;
    std::vector<std::string> internal_errors;

    /// What just happened to a probe ("refused", "judged", "evidence", "STAGE", "STAGE failed") or
    /// a mailbox ("look" for a complete one); called on the monitor's thread, set it before that
    /// runs.
    std::function<void(std::string_view probe, std::string_view what)> on_fact;

    /// Verdicts of one probe.
    [[nodiscard]] int count(const std::string& probe, Verdict verdict) const;
    /// True if a look failed like this.
    [[nodiscard]] bool look_failed(Stage stage, Cause cause) const;

  private:
    void tell(std::string_view probe, std::string_view what) const;
    void count_look(const LookDone& fact);

    mutable std::mutex mutex_;
    std::condition_variable changed_;
};

/// How an account reaches the server.
struct AccountStyle {
    TlsMode tls = TlsMode::none;
    SmtpAuth smtp_auth = SmtpAuth::automatic;
    Pop3Auth pop3_auth = Pop3Auth::automatic;
};

/// Settings with one account and probe for each user of the server, both called like the user;
/// quick looks, deadline 2 s, grace 1.5 s.
[[nodiscard]] Settings settings_for(const loopback::Server& server,
                                    const std::vector<std::string>& users,
                                    const AccountStyle& style = {});

/// Accounts of the server for settings_for(): address USER@test.invalid, password pw-USER.
[[nodiscard]] std::vector<loopback::Account> accounts_for(const std::vector<std::string>& users);

/// Sends one mail of `probe` and returns its verdict; what was told is in `recorder`.
[[nodiscard]] Judgement send_once(const Settings& settings, const std::string& probe,
                                  Recorder& recorder);

/// A monitor with its own settings that runs on its own thread until stop() or destruction. With a
/// state directory in the settings it keeps its ledger there.
class MonitorThread {
  public:
    MonitorThread(Settings settings, Observer& observer, LookupFunction lookup = system_lookup,
                  SqlJournal::HealthHandler on_health = {});
    MonitorThread(const MonitorThread&) = delete;
    MonitorThread& operator=(const MonitorThread&) = delete;
    ~MonitorThread();

    /// Ends the monitor and returns its final numbers.
    LedgerTotals stop();
    /// Begins what stop() does; from any thread, the monitor's own included.
    void cancel();
    /// Ends the loop at once, as kill -9 would, and copies the ledger of that moment to
    /// `directory`; on the monitor's own thread only.
    void die(const std::string& directory);
    /// Goes on by other settings; returns when that is done.
    void reconfigure(Settings settings);
    /// Runs `then` on the monitor's thread when all that it noted so far is on the disk.
    void when_kept(std::function<void()> then);
    /// Waits until cancel() or die() has ended the loop.
    void join();

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace mailprobed::test
