// SPDX-License-Identifier: Apache-2.0
// Reads a ledger for people and programs while a daemon writes it.
#pragma once

#include "probes/base/time.hpp"
#include "probes/domain/identity/tag.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mailprobed {

/// One mail as the ledger has it; texts are empty where there is nothing to say.
struct LedgerMail {
    MailId mail = 0;
    std::string probe;
    WallTime started;
    int attempt = 1;
    /// `intended`, `accepted`, `unconfirmed` or `retry`.
    std::string progress;
    /// Empty while the mail is pending.
    std::string verdict;
    std::optional<WallTime> judged;
    WallTime deadline;
    /// The instant before its final dot.
    std::optional<WallTime> handed;
    std::string stage, cause, detail, body, status_class, hops;
    /// For delivered.
    std::optional<Duration> round_trip, uncertainty;
    bool unmeasured = false;
    bool deadline_uncertain = false;
    /// The attempt began before its intent was on the disk.
    bool at_risk = false;
    /// Kinds of evidence and how often each was seen.
    std::vector<std::pair<std::string, int>> evidence;
};

/// What list() and each() are to find.
struct LedgerQuery {
    /// Empty: all probes.
    std::string probe;
    /// Set: only this mail.
    std::optional<MailId> mail;
    /// Only mails with one of these verdicts, "" for pending; empty: all.
    std::vector<std::string> verdicts = {};
    /// Set: started then or later.
    std::optional<WallTime> from = {};
    /// Set: started before.
    std::optional<WallTime> before = {};
    bool newest_first = false;
    /// 0: no limit.
    std::uint32_t limit = 0;
    bool with_evidence = true;
};

/// An attempt as it is read back.
struct PastAttempt {
    int attempt = 1;
    WallTime began;
    Duration took{};
    /// As conversation_text() wrote it.
    std::string conversation;
};

/// Texts of several mails.
struct NewestDetails {
    std::vector<std::string> conversations;
    std::vector<std::string> looks;
};

/// Judged mails, and those of them that were delivered.
struct VerdictCount {
    std::uint64_t mails = 0;
    std::uint64_t delivered = 0;

    /// The part that was delivered of one mail or more, to six decimals; only all is 1 and only
    /// none is 0.
    [[nodiscard]] double ratio() const noexcept;
};

/// What a check of the whole ledger found.
struct LedgerReport {
    std::uint64_t mails = 0;
    std::uint64_t verdicts = 0;
    std::uint64_t pending = 0;
    std::vector<std::string> problems;
};

/// An open ledger.
class LedgerReader {
  public:
    /// Opens the database at `path` for reading; throws std::runtime_error. A query that is under
    /// way when `given_up`, asked again and again, says so, throws std::runtime_error, too.
    explicit LedgerReader(const std::string& path, std::function<bool()> given_up = nullptr);
    LedgerReader(const LedgerReader&) = delete;
    LedgerReader& operator=(const LedgerReader&) = delete;
    ~LedgerReader();

    /// Calls `visit` for every mail that fits, in the order of their starts.
    void each(const LedgerQuery& query, const std::function<void(const LedgerMail&)>& visit);
    /// The attempts of a mail whose details are still kept, in their order.
    [[nodiscard]] std::vector<PastAttempt> attempts(MailId mail);
    /// The looks that a mail was judged by, as looks_text() wrote them; may be empty.
    [[nodiscard]] std::string looks(MailId mail);
    /// Details of the newest `count` mails of a probe.
    [[nodiscard]] NewestDetails newest_details(const std::string& probe, std::uint32_t count);
    /// Verdicts of the mails of `probe` that were started at `from` or later.
    [[nodiscard]] VerdictCount verdicts(const std::string& probe, WallTime from);
    /// When the first verdict of the present state fell: after the last mail that was not
    /// delivered, if `up`, else after the last one that was. Nothing if there is none.
    [[nodiscard]] std::optional<WallTime> state_since(const std::string& probe, bool up);
    /// Checks the file and the rules that every row must obey.
    [[nodiscard]] LedgerReport verify();

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace mailprobed
