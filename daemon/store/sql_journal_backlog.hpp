// SPDX-License-Identifier: Apache-2.0
// The records that wait for the disk, and which of them are given up when they become too many. It
// knows no threads: its owner locks.
#pragma once

#include "daemon/store/writer.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <unordered_set>
#include <variant>
#include <vector>

namespace mailprobed {

/// A numbered queue. What is given up never leaves the disk with a mail whose verdict is known and
/// missing there: a mail that the disk knows keeps its verdict, any other goes as a whole.
class JournalBacklog {
  public:
    /// At most so many records are kept, but for `slack` and those of the first kind above.
    JournalBacklog(std::size_t most, std::size_t slack)
        : most_(most), slack_(slack), limit_(most + slack) {}

    /// Adds a record and returns its number; nothing if it is of a mail that was given up.
    std::optional<std::uint64_t> push(std::variant<JournalRecord, DetailRecord> record,
                                      bool at_risk);
    /// Moves records to the end of `group` until that has `size`.
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
    };

    void shrink();
    template <typename Drops>
    void drop(Drops drops);
    bool is_of_given_up_mail(const Numbered& one);

    std::size_t most_;
    std::size_t slack_;
    /// Where it shrinks: not at every record, for that looks at all of them.
    std::size_t limit_;
    std::deque<Numbered> queue_;
    /// Mails that wait for their verdict and that the disk will never know.
    std::unordered_set<MailId> given_up_mails_;
    std::uint64_t pushed_ = 0;
    std::uint64_t given_up_ = 0;
};

}  // namespace mailprobed
