// SPDX-License-Identifier: Apache-2.0
// The records that wait for the disk, and which of them are given up when they become too many. It
// knows no threads: its owner locks.
#pragma once

#include "daemon/store/writer.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace mailprobed {

/// A numbered queue. Records that were handed over together are taken together. A state that is
/// still queued when a newer one of the same mail comes is replaced where it stands, so that
/// whoever waits for it waits for no less. What is given up never leaves the disk with a mail whose
/// verdict is known and missing there: a mail that the disk knows keeps its verdict, any other goes
/// as a whole.
class JournalBacklog {
  public:
    /// At most so many records are kept, but for `slack` and those of the first kind above.
    JournalBacklog(std::size_t most, std::size_t slack)
        : most_(most), slack_(slack), limit_(most + slack) {}

    /// Adds records that belong together, and returns the number up to which all must be written
    /// that they say; nothing if one of them is of a mail that was given up.
    std::optional<std::uint64_t> push(JournalRecords records, bool at_risk);
    /// Adds details.
    std::optional<std::uint64_t> push(DetailRecord record, bool at_risk);
    /// Moves records to the end of `group` until that has `size`, or more if they belong together.
    void take(std::vector<QueuedRecord>& group, std::size_t size);
    /// Nobody waits for any of them any more.
    void all_at_risk();

    [[nodiscard]] bool empty() const noexcept { return queue_.empty(); }
    /// Number of the last record.
    [[nodiscard]] std::uint64_t pushed() const noexcept { return pushed_; }
    /// Up to this number all were taken or given up.
    [[nodiscard]] std::uint64_t taken() const noexcept {
        return queue_.empty() ? pushed_ : queue_.front().number - 1;
    }
    /// How many the last push() gave up that nothing replaces.
    [[nodiscard]] std::uint64_t given_up() const noexcept { return given_up_; }

  private:
    struct Numbered {
        QueuedRecord queued;
        std::uint64_t number = 0;
        /// The next record belongs to it.
        bool joined = false;
        /// It is what the disk hears first of the mail.
        bool enters = false;
        /// It says that an attempt began: without it the next run could send that one again.
        bool intends = false;
    };

    [[nodiscard]] bool full() const noexcept { return queue_.size() >= limit_; }
    Numbered* replaced_by(const JournalRecord& record, bool alone);
    std::uint64_t add(JournalRecord record, bool at_risk, bool alone);
    Numbered* queued_at(std::uint64_t number);
    void remember_place(const Numbered& one);
    void forget_place(const Numbered& one);
    void shrink();
    template <typename Drops>
    void drop(Drops drops);
    bool is_of_given_up_mail(const JournalRecord& record);

    std::size_t most_;
    std::size_t slack_;
    /// Where it shrinks: not at every record, for that looks at all of them.
    std::size_t limit_;
    std::deque<Numbered> queue_;
    /// Where the newest state of a mail, and that of a judged one, stands.
    std::unordered_map<MailId, std::uint64_t> states_;
    std::unordered_map<MailId, std::uint64_t> judged_;
    /// Where the newest reading of the clocks stands; 0 if none waits.
    std::uint64_t clocks_ = 0;
    /// Mails that wait for their verdict and that the disk will never know.
    std::unordered_set<MailId> given_up_mails_;
    std::uint64_t pushed_ = 0;
    std::uint64_t given_up_ = 0;
};

}  // namespace mailprobed
