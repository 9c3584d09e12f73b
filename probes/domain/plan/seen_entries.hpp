// SPDX-License-Identifier: Apache-2.0
// What earlier looks learnt about the entries of a mailbox, so that nothing is read twice without a
// reason.
#pragma once

#include "probes/base/time.hpp"
#include "probes/domain/identity/tag.hpp"
#include "probes/domain/plan/id_trust.hpp"
#include "probes/domain/plan/look_memory.hpp"
#include "probes/domain/plan/unreadable_entries.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace mailprobed {

/// Why an entry is to be read.
enum class EntryState : std::uint8_t {
    /// Nobody has read it.
    fresh,
    /// It was listed before and could not be read.
    unreadable,
    /// An earlier look found it to be ours; under its id may be another mail now.
    ours,
    /// An earlier look found it to be a stranger's; under its id may be another mail now.
    doubtful
};

/// One entry of a listing that is to be read.
struct Entry {
    std::uint32_t number = 0;
    /// Hash of the unique id; 0 if there is none or the server gave it twice.
    std::uint64_t key = 0;
    /// The instant its line was read.
    Instant listed_at;
    EntryState state = EntryState::fresh;
    /// With `doubtful`: its size is another one than before, or nobody knows.
    bool resized = false;
};

/// What reading an entry showed.
enum class EntryKind : std::uint8_t {
    stranger,
    /// Not ours by the tag keys of now: a later run and other keys read it again.
    stranger_by_these_keys,
    /// Ours, and to be removed.
    ours,
    /// Ours, and it stays where it is.
    left,
    /// A report about ours that stays where it is; a later run reads it again.
    report,
    /// Nobody reads it to its end: no mail of ours is that large.
    too_large
};

/// Remembers entries by a hash of their unique ids, at most kMaxEntries.
class SeenEntries {
  public:
    /// A listing longer than this is not read as a whole.
    static constexpr std::size_t kMaxEntries = 100'000;
    /// Entries read between two proofs at most.
    static constexpr std::size_t kProofEvery = 64;
    /// The least octets of a mail of ours, whatever a server counts.
    static constexpr std::uint32_t kLeastMail = 400;
    /// The most octets of a mail of ours with all that gateways may add.
    static constexpr std::uint32_t kLargestMail = (160U + 32U) * 1024U;

    /// Starts reading a listing of a session that connected at `snapshot`; what it holds counts to
    /// `share`, which must live until end_look().
    void begin_listing(Instant snapshot, LookShare& share);
    /// Takes one line of it.
    void listed(std::uint32_t number, std::string_view uidl, Instant at);
    /// Ends the listing: forgets entries that are gone, if it is `whole`. Returns what is to be
    /// read: those not classified before, then ours, then those that could not be read.
    [[nodiscard]] std::vector<Entry> end_listing(bool whole);
    /// True if the listing was longer than kMaxEntries or than memory allows.
    [[nodiscard]] bool overflowed() const noexcept { return overflowed_; }
    /// Takes a line of LIST beside the listing, before doubtful().
    void sized(std::uint32_t number, std::optional<std::uint64_t> size);
    /// Where ids may be used again: what cannot be read and has another size may be another mail.
    /// After end_listing() and sized().
    void size_unreadable();
    /// The entry holds at least `octets`: sizes that say less are no evidence from now on.
    void holds(const Entry& entry, std::size_t octets) noexcept;
    /// Lines that LIST gave beside the listing.
    [[nodiscard]] std::size_t sizes_listed() const noexcept { return size_lines_; }
    /// Entries classified earlier that must be read again before a mail with deadline `since` can
    /// be called absent, highest number first: those whose size is unknown or has changed, and
    /// where ids may be used again those that are as large as a mail of ours and were not read
    /// since. Those that are ours and stay are among them wherever ids last: all are as large.
    [[nodiscard]] std::vector<Entry> doubtful(Instant since) const;
    /// The instant up to which no mail can hide behind an entry classified earlier: its own if all
    /// of doubtful(since) was read.
    [[nodiscard]] Instant proven_until(Instant since) const;
    /// The look is over.
    void end_look();

    /// The entry has been read; `mail` if it is ours, `removed_before` if that was removed under
    /// this id. Entries without a key are not remembered.
    void classified(const Entry& entry, EntryKind kind, MailId mail = 0,
                    bool removed_before = false);
    /// The tag keys may have changed.
    void keys_changed();
    /// The entry was listed but could not be read: what it is stays open.
    void unreadable(const Entry& entry);
    /// The session ended while the entry was read.
    void broke_session(const Entry& entry, Blame blame = Blame::perhaps);
    /// What cannot be read.
    [[nodiscard]] UnreadableEntries& trouble() noexcept { return unreadable_; }
    /// See UnreadableEntries::hidden_until().
    [[nodiscard]] std::optional<Instant> hidden_until() const;
    /// Whether ids last.
    [[nodiscard]] IdTrust& ids() noexcept { return ids_; }
    /// An earlier run classified the entry as a stranger's.
    void remember(std::uint64_t key);
    /// An earlier run wrote the entry down as ours: it is read anew.
    void remember_ours(std::uint64_t key) { gone_.push_back(key); }
    /// What a later run must be told.
    struct Changes {
        /// Classified, not ours and still there.
        std::vector<std::uint64_t> classified;
        std::vector<std::uint64_t> gone;
    };
    /// The changes since the last call.
    [[nodiscard]] Changes take_changes();
    /// Our entry was removed for good.
    void removed(std::uint64_t key);
    /// Mails of ours, and reports about them, that stay in the mailbox.
    [[nodiscard]] std::uint64_t left() const noexcept { return left_; }
    /// True once if the server changes the sizes of mails by itself, so that they prove nothing.
    [[nodiscard]] bool tell_changing_sizes() noexcept;
    /// True the first time it is asked for `digest`, for mails that cannot be remembered by id.
    [[nodiscard]] bool first_time(std::uint64_t digest);
    /// The last session got out of step: the next one reads each entry by itself.
    void be_careful(bool careful) noexcept { careful_ = careful; }
    /// See be_careful().
    [[nodiscard]] bool careful() const noexcept { return careful_; }
    /// A session ended before anything of it counted: prove the step more often.
    void prove_more_often() noexcept { proof_every_ = std::max<std::size_t>(proof_every_ / 4, 4); }
    /// A session was in step to its end.
    void prove_less_often() noexcept { proof_every_ = kProofEvery; }
    /// Entries to read between two proofs that the dialogue is in step.
    [[nodiscard]] std::size_t proof_every() const noexcept { return proof_every_; }

  private:
    struct Known {
        /// The snapshot in which it was read; Instant::min() if by an earlier run.
        Instant read_at = Instant::min();
        /// If it is ours.
        MailId mail = 0;
        /// What LIST said then; 0 if nobody asked.
        std::uint32_t size = 0;
        EntryKind kind = EntryKind::stranger;
        /// A later run has been told of it.
        bool kept = false;
    };

    struct Line {
        std::uint64_t key = 0;
        Instant at;
        std::uint32_t number = 0;
    };

    /// Doubtful only for what may have happened since it was read; to be read, but no obstacle.
    struct Doubt {
        bool any = false;
        bool by_age = false;
        bool idle = false;
    };
    [[nodiscard]] Doubt doubt(const Known& known, std::uint32_t number, Instant since) const;
    [[nodiscard]] std::uint32_t size_of(std::uint32_t number) const;
    void forget(std::unordered_map<std::uint64_t, Known>::iterator entry, bool is_gone);
    [[nodiscard]] bool before(const Entry& a, const Entry& b) const;
    [[nodiscard]] const Line* line_of(std::uint64_t key) const;
    void forget_gone();

    std::unordered_map<std::uint64_t, Known> known_;
    UnreadableEntries unreadable_;
    IdTrust ids_;
    std::vector<std::uint64_t> added_;
    std::vector<std::uint64_t> gone_;
    std::unordered_set<std::uint64_t> digests_;
    std::uint64_t left_ = 0;
    bool careful_ = false;
    std::size_t proof_every_ = kProofEvery;

    // Of the look in progress.
    LookShare* share_ = nullptr;
    Instant snapshot_;
    /// By key after end_listing().
    std::vector<Line> lines_;
    std::unordered_set<std::uint64_t> twice_;
    /// Number and size, by number.
    std::vector<std::pair<std::uint32_t, std::uint32_t>> sizes_;
    std::size_t size_lines_ = 0;
    std::size_t ids_listed_ = 0;
    bool overflowed_ = false;
    /// No line of the listing gave an id.
    bool by_number_ = false;

    /// Strangers whose size changed while they stayed strangers, in this look.
    unsigned changed_sizes_ = 0;
    bool sizes_change_ = false;
    bool told_sizes_ = false;
};

/// FNV-1a, never 0.
[[nodiscard]] std::uint64_t entry_hash(std::string_view text) noexcept;

}  // namespace mailprobed
