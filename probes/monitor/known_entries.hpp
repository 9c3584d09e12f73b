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
    /// The entry has been read and is not ours by the tag keys of now: a later run and other keys
    /// read it again.
    void classified_by_these_keys(std::uint64_t key);
    /// The tag keys may have changed.
    void keys_changed();
    /// The entry was listed but could not be read: what it is stays open.
    void unreadable(const Entry& entry);
    /// The session ended while the entry was read. One that ends many is tried ever more seldom.
    void broke_session(const Entry& entry);
    /// True if the entry is to be left out of this look for that; ask once in a look.
    [[nodiscard]] bool skips(const Entry& entry);
    /// Sessions that reading the entry ended.
    [[nodiscard]] unsigned breaks(std::uint64_t key) const;
    /// The latest first sight of an entry that cannot be read: it may be a mail that was sent
    /// before, but none that was sent later. So it does not blind all looks for ever.
    [[nodiscard]] std::optional<Instant> blind_until() const;
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
        /// Other tag keys may say otherwise.
        bool by_these_keys = false;
    };

    /// An entry that could not be read.
    struct Unreadable {
        Instant first_sight;
        unsigned breaks = 0;
        /// Looks that leave it out.
        unsigned skips = 0;
    };

    void forget(std::unordered_map<std::uint64_t, Known>::iterator entry);

    std::unordered_map<std::uint64_t, Known> known_;
    std::vector<std::uint64_t> added_;
    std::vector<std::uint64_t> gone_;
    /// Number and instant of the first line with a key.
    std::unordered_map<std::uint64_t, std::pair<std::uint32_t, Instant>> in_listing_;
    std::unordered_set<std::uint64_t> twice_;
    std::unordered_set<std::uint64_t> digests_;
    std::unordered_map<std::uint64_t, Unreadable> unreadable_;
    /// The same for entries that no id tells apart: how many there were in the last listing and
    /// are in this one, and when they last became more.
    std::size_t nameless_before_ = 0;
    std::size_t nameless_ = 0;
    Instant nameless_sight_;
    std::vector<Entry> fresh_;
    bool overflowed_ = false;
    /// A line of the listing gave a number only; all of them did.
    bool without_ids_ = false;
    bool by_number_ = false;
};

/// FNV-1a, never 0.
[[nodiscard]] std::uint64_t entry_hash(std::string_view text) noexcept;

}  // namespace mailprobed
