// SPDX-License-Identifier: Apache-2.0
// Whether the unique ids of a server name one mail for ever, or may name another mail tomorrow.
#pragma once

#include "probes/base/time.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>

namespace mailprobed {

/// Watches what becomes of ids. RFC 1939 7 lets a server use an id again when its mail is gone, and
/// some do so at once; ids that did nothing of the kind for a day are believed to last.
class IdTrust {
  public:
    /// How long ids must have behaved.
    static constexpr Duration kProof = std::chrono::hours{24};
    /// Time between two listings in which nobody watched them, beyond which it does not count.
    static constexpr Duration kUnwatched = std::chrono::hours{2};
    /// Ids that are gone and remembered at most, the oldest go first: a server that uses ids again
    /// does so with the lowest that is free, or with all of them where the mailbox is empty. Each
    /// mailbox has so many; with 20,000 of them the memory of 500 grew for a million mails.
    static constexpr std::size_t kMaxGone = 256;

    /// A listing with ids began.
    void listing_began(Instant at);
    /// A line of it; an id that is its own position names no mail at all.
    void listed(std::uint32_t number, std::string_view uidl, Instant at);
    /// An id is in no whole listing any more, or its mail was removed.
    void gone(std::uint64_t key);
    /// The entry of `key` has been read; `same` if it is the mail that was removed.
    void read(std::uint64_t key, bool same, Instant at);
    /// An id was seen to name another mail than before.
    void reused(Instant at) { since_ = fault_ = at; }
    /// True if ids are believed to last.
    [[nodiscard]] bool lasting(Instant now) const noexcept {
        return since_ && now - *since_ >= kProof;
    }
    /// True if ids were seen not to last: what they stand for is to be read at every look.
    [[nodiscard]] bool broken(Instant now) const noexcept {
        return fault_ && now - *fault_ < kProof;
    }

  private:
    /// The beginning of the time without a fault, moved by what nobody watched.
    std::optional<Instant> since_;
    std::optional<Instant> last_;
    /// The last fault.
    std::optional<Instant> fault_;
    /// In the order in which they went.
    std::deque<std::uint64_t> gone_;
};

}  // namespace mailprobed
