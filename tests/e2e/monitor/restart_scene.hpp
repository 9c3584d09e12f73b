// SPDX-License-Identifier: Apache-2.0
// One mail of alice to bob with a daemon that ends in the middle and another that goes on with its
// ledger, or without any such end; what the ledger says afterwards.
#pragma once

#include "tests/e2e/monitor/monitor_run.hpp"

#include <optional>
#include <string>
#include <vector>

namespace mailprobed::test {

/// A directory of its own, removed with everything in it.
class TemporaryDirectory {
  public:
    TemporaryDirectory();
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
    ~TemporaryDirectory();
    [[nodiscard]] const std::string& path() const noexcept { return path_; }

  private:
    std::string path_;
};

/// When a copy of the mail is put into bob's mailbox.
enum class CopyWhen : std::uint8_t {
    answered,  ///< some time after the dot of its attempt was answered
    deleted,   ///< as soon as the mail itself was removed
    looked,    ///< after two complete looks that follow the verdict
};

/// What the test puts into a mailbox.
enum class CopyOf : std::uint8_t {
    mail,    ///< the mail itself, for bob
    letter,  ///< a letter to alice that says that the mail was not delivered
};

/// A copy of an attempt of the mail that the test puts into a mailbox.
struct Copy {
    /// 0: not a copy, but a mail of the probe that no ledger knows.
    int attempt = 1;
    CopyWhen when = CopyWhen::answered;
    std::chrono::milliseconds delay{0};
    CopyOf what = CopyOf::mail;
};

/// How long nobody can read the mailboxes.
enum class Outage : std::uint8_t {
    none,
    until_verdict,
    until_deadline,  ///< until 300 ms after the deadline
};

/// A way to a verdict and its evidence.
struct Row {
    std::string name;
    /// Rules of the server.
    std::vector<std::string> faults;
    /// Verdict, and stage and cause or status class if it has one.
    std::string verdict;
    /// `KIND:COUNT` in alphabetical order, each followed by a space.
    std::string evidence;
    /// The facts of Recorder::on_fact after which the daemon ends; `FACT#2`: after the second.
    std::vector<std::string> cuts;
    std::vector<Copy> copies{};
    Outage outage = Outage::none;
    std::uint32_t attempts = 1;
    std::chrono::milliseconds retry_after{700};
    std::chrono::milliseconds deadline{2000};
    std::chrono::milliseconds grace{1500};
    /// What the ledger says of it without a restart.
    bool uncertain = false;
    bool unmeasured = false;
};

/// How a daemon ends.
enum class End : std::uint8_t {
    none,
    cancelled,  ///< in order, as by SIGTERM
    killed,     ///< as by SIGKILL: the next one opens a copy of the ledger of that moment
};

/// What is left when everything is over.
struct Left {
    std::string verdict;
    std::string evidence;
    /// More columns of the mail, and the gauges of its probe.
    std::string details;
    /// It counts as delivered, but perhaps after the deadline; as unmeasured.
    bool uncertain = false;
    bool unmeasured = false;
    /// Verdicts and evidence of the mail that the observers of both daemons were told of.
    int told = 0;
    /// What must never be: mails sent twice, copies and reports that stayed, internal errors.
    std::string wrong;
};

/// Plays `row`; a daemon ends at the first `cut` if it ends at all.
[[nodiscard]] Left play(const Row& row, End end, const std::string& cut = {});

/// An interval of about an hour whose grid has a tick for `probe` about a second from now.
[[nodiscard]] Duration interval_with_tick_soon(const std::string& probe);

}  // namespace mailprobed::test
