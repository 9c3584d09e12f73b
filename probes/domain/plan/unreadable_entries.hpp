// SPDX-License-Identifier: Apache-2.0
// Entries that a server lists and cannot show: what may hide behind them.
#pragma once

#include "probes/base/time.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <unordered_map>

namespace mailprobed {

/// How sure it is that an entry ended a session.
enum class Blame : std::uint8_t {
    /// It may have been the network's doing.
    perhaps,
    /// Read by itself, its text got the dialogue out of step.
    surely
};

/// Remembers them by the hash of their unique ids.
class UnreadableEntries {
  public:
    /// A listing begins.
    void begin_listing();
    /// Forgets all that `is_listed` does not know.
    void keep_only(const std::function<bool(std::uint64_t)>& is_listed);

    /// The entry of `key` (0: it has none), first listed at `listed_at`, could not be read at
    /// `now`.
    void unreadable(std::uint64_t key, Instant listed_at, Instant now);
    /// What LIST says of the entries in a look at `now`, where ids may be used again: an entry is
    /// there since it has this size. One whose size nobody tells, or for which `may_be_ours` is
    /// true, may have come now.
    void sized(Instant now, const std::function<std::uint32_t(std::uint64_t)>& size_of,
               const std::function<bool(std::uint32_t)>& may_be_ours);
    /// The entry was read.
    void readable(std::uint64_t key) { entries_.erase(key); }
    /// The session ended while the entry was read. One that ends many is tried ever more seldom.
    void broke_session(std::uint64_t key, Instant listed_at, Instant now, Blame blame);
    /// True if the entry is to be left out of this look for that; ask once in a look.
    [[nodiscard]] bool take_skip(std::uint64_t key);
    /// Sessions that reading the entry ended.
    [[nodiscard]] unsigned breaks(std::uint64_t key) const;
    /// When the entry was tried last; nothing if it never was.
    [[nodiscard]] std::optional<Instant> tried_at(std::uint64_t key) const;
    /// The latest first sight of one: it may be a mail that was sent before, but none that was sent
    /// later, so that it does not blind all looks for ever. Without ids one may have taken the
    /// place of another, so that nobody knows since when it is there. `by_number`: so was the
    /// listing. What `is_known` was read once.
    [[nodiscard]] std::optional<Instant> hidden_until(
        bool by_number, const std::function<bool(std::uint64_t)>& is_known) const;

  private:
    struct Trouble {
        Instant first_sight;
        Instant tried_at;
        unsigned breaks = 0;
        /// Looks that leave it out.
        unsigned skips = 0;
        /// What LIST said last; 0 if it never did.
        std::uint32_t size = 0;
    };

    std::unordered_map<std::uint64_t, Trouble> entries_;
    /// The latest sight of one without an id, in this listing.
    std::optional<Instant> nameless_;
};

}  // namespace mailprobed
