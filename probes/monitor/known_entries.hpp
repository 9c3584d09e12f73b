// SPDX-License-Identifier: Apache-2.0
// What earlier looks learnt about the entries of a mailbox, so that nothing is read twice.
#pragma once

#include "probes/domain/tag.hpp"
#include "probes/domain/time.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace mailprobed {

/// One entry of a listing that matters: unknown, or our own and still there.
struct Entry {
    std::uint32_t number = 0;
    /// Hash of the unique id; 0 if there is none or the server gave it twice.
    std::uint64_t key = 0;
    /// The instant its line was read.
    Instant listed_at;
    /// Set if an earlier look found it to be ours and could not remove it.
    std::optional<Tag> own;
};

/// Remembers entries by a hash of their unique ids, at most kMaxEntries.
class KnownEntries {
  public:
    /// A listing longer than this is not read as a whole.
    static constexpr std::size_t kMaxEntries = 100'000;

    /// Starts reading a listing.
    void begin_listing();
    /// Takes one line of it.
    void listed(std::uint32_t number, std::string_view uidl, Instant at);
    /// Ends the listing: forgets entries that are gone. Returns, newest first, those not classified
    /// before and our own that are still there.
    [[nodiscard]] std::vector<Entry> end_listing();
    /// True if the listing was longer than kMaxEntries.
    [[nodiscard]] bool overflowed() const noexcept { return overflowed_; }

    /// The entry has been read; `own` if it is ours. Entries without a key are not remembered.
    void classified(std::uint64_t key, std::optional<Tag> own);
    /// The entry was listed but could not be read. True if that happens for the first time: whether
    /// it was ours is open then. An entry that never can be read must not blind all looks.
    [[nodiscard]] bool newly_unreadable(std::uint64_t key);
    /// An earlier run classified the entry; one that it called ours is read again.
    void remember(std::uint64_t key, std::optional<Tag> own);
    /// What a later run must be told: entries classified, not ours and still there; entries that
    /// went.
    struct Changes {
        std::vector<std::pair<std::uint64_t, std::optional<Tag>>> classified;
        std::vector<std::uint64_t> gone;
    };
    /// The changes since the last call.
    [[nodiscard]] Changes take_changes();
    /// Our entry was removed for good.
    void removed(std::uint64_t key);
    /// True the first time it is asked for `digest`, for mails that cannot be remembered by id.
    [[nodiscard]] bool first_time(std::uint64_t digest);

  private:
    struct Known {
        std::optional<Tag> own;
        /// A later run has been told of it.
        bool kept = false;
    };

    void forget(std::unordered_map<std::uint64_t, Known>::iterator entry);

    std::unordered_map<std::uint64_t, Known> known_;
    std::vector<std::uint64_t> added_;
    std::vector<std::uint64_t> gone_;
    /// Number and instant of the first line with a key.
    std::unordered_map<std::uint64_t, std::pair<std::uint32_t, Instant>> in_listing_;
    std::unordered_set<std::uint64_t> twice_;
    std::unordered_set<std::uint64_t> digests_;
    std::unordered_set<std::uint64_t> unreadable_;
    std::vector<Entry> fresh_;
    bool overflowed_ = false;
    /// The listing gives numbers only.
    bool without_ids_ = false;
};

/// FNV-1a, never 0.
[[nodiscard]] std::uint64_t entry_hash(std::string_view text) noexcept;

}  // namespace mailprobed
