// SPDX-License-Identifier: Apache-2.0
// Bookkeeping of listings.
#include "probes/domain/plan/seen_entries.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace mailprobed {

namespace {

/// Strangers that change their size in one look before sizes are no evidence any more.
constexpr unsigned kFewChanges = 3;

int rank(EntryState state) noexcept {
    switch (state) {
        case EntryState::fresh:
            return 0;
        case EntryState::ours:
            return 1;
        // Reading it may end the session.
        case EntryState::unreadable:
            return 2;
        case EntryState::doubtful:
            break;
    }
    return 3;
}

bool stays(EntryKind kind) noexcept {
    return kind == EntryKind::left || kind == EntryKind::report;
}

}  // namespace

std::uint64_t entry_hash(std::string_view text) noexcept {
    std::uint64_t hash = 14695981039346656037ULL;
    for (const char c : text)
        hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
    return hash == 0 ? 1 : hash;
}

void SeenEntries::begin_listing(Instant snapshot, LookShare& share) {
    end_look();
    share_ = &share;
    snapshot_ = snapshot;
    overflowed_ = by_number_ = false;
    ids_listed_ = 0;
    changed_sizes_ = 0;
    size_lines_ = 0;
    unreadable_.begin_listing();
    ids_.listing_began(snapshot);
}

void SeenEntries::listed(std::uint32_t number, std::string_view uidl, Instant at) {
    // One entry to be read for each line at worst.
    if (lines_.size() >= kMaxEntries || !share_->grow(sizeof(Line) + sizeof(Entry))) {
        overflowed_ = true;
        return;
    }
    if (uidl.empty()) {
        lines_.push_back({0, at, number});
        return;
    }
    ++ids_listed_;
    ids_.listed(number, uidl, at);
    lines_.push_back({entry_hash(uidl), at, number});
}

const SeenEntries::Line* SeenEntries::line_of(std::uint64_t key) const {
    const auto line = std::ranges::lower_bound(lines_, key, {}, &Line::key);
    return line == lines_.end() || line->key != key ? nullptr : &*line;
}

void SeenEntries::forget_gone() {
    for (auto entry = known_.begin(); entry != known_.end();) {
        const auto current = entry++;
        if (line_of(current->first) == nullptr) forget(current, true);
    }
    unreadable_.keep_only([this](std::uint64_t key) { return line_of(key) != nullptr; });
}

std::vector<Entry> SeenEntries::end_listing(bool whole) {
    // Comparisons are written out: nothing else runs while a hundred thousand lines are sorted.
    std::ranges::sort(lines_, [](const Line& a, const Line& b) {
        return a.key != b.key ? a.key < b.key : a.number < b.number;
    });
    // A line that is given twice is one mail all the same.
    const auto repeated = std::ranges::unique(lines_, [](const Line& a, const Line& b) {
        return a.key == b.key && a.number == b.number;
    });
    lines_.erase(repeated.begin(), repeated.end());
    // Some servers give one id to several messages (RFC 1939 7 forbids it): an id that does not
    // tell them apart must not hide one of ours behind a stranger, so all of them are read.
    for (std::size_t i = 1; i < lines_.size(); ++i) {
        if (lines_[i].key != 0 && lines_[i].key == lines_[i - 1].key) twice_.insert(lines_[i].key);
    }
    for (const std::uint64_t key : twice_) {
        const auto entry = known_.find(key);
        if (entry != known_.end()) forget(entry, false);
    }
    // A listing without ids (UIDL refused for once) does not tell who is gone; one line without an
    // id that can be relied on is no such listing.
    by_number_ = ids_listed_ == 0 && !lines_.empty();
    if (whole && !overflowed_ && !by_number_) forget_gone();
    std::vector<Entry> wanted;
    for (const Line& line : lines_) {
        Entry entry{line.number, line.key, line.at, EntryState::fresh};
        if (entry.key == 0 || twice_.contains(entry.key)) {
            entry.key = 0;
            wanted.push_back(entry);
            continue;
        }
        const auto found = known_.find(entry.key);
        if (found == known_.end()) {
            if (unreadable_.tried_at(entry.key)) entry.state = EntryState::unreadable;
            wanted.push_back(entry);
        } else if (found->second.kind == EntryKind::ours) {
            entry.state = EntryState::ours;
            wanted.push_back(entry);
        }
    }
    std::ranges::sort(wanted, [this](const Entry& a, const Entry& b) { return before(a, b); });
    return wanted;
}

// Newest first; of those that could not be read the one that waits longest.
bool SeenEntries::before(const Entry& a, const Entry& b) const {
    if (a.state != b.state) return rank(a.state) < rank(b.state);
    if (a.state == EntryState::unreadable) {
        const auto tried_a = unreadable_.tried_at(a.key);
        const auto tried_b = unreadable_.tried_at(b.key);
        if (tried_a != tried_b) return tried_a < tried_b;
    }
    return a.number > b.number;
}

void SeenEntries::sized(std::uint32_t number, std::optional<std::uint64_t> size) {
    using Size = std::pair<std::uint32_t, std::uint32_t>;
    ++size_lines_;
    // 0 means that nothing is known, here as there: no mail is empty.
    if (!size || *size == 0) return;
    if (sizes_.size() >= kMaxEntries || !share_->grow(sizeof(Size))) return;
    constexpr std::uint64_t kMost = std::numeric_limits<std::uint32_t>::max();
    const auto kept = static_cast<std::uint32_t>(std::clamp<std::uint64_t>(*size, 1, kMost));
    const bool in_order = sizes_.empty() || sizes_.back().first < number;
    sizes_.emplace_back(number, kept);
    if (!in_order) std::ranges::sort(sizes_);
}

std::uint32_t SeenEntries::size_of(std::uint32_t number) const {
    const auto found = std::ranges::lower_bound(sizes_, number, {},
                                                &std::pair<std::uint32_t, std::uint32_t>::first);
    return found == sizes_.end() || found->first != number ? 0 : found->second;
}

SeenEntries::Doubt SeenEntries::doubt(const Known& known, std::uint32_t number,
                                      Instant since) const {
    const bool lasting = ids_.lasting(snapshot_);
    const bool read_since = known.read_at >= since;
    const std::uint32_t size = size_of(number);
    const bool has_sizes = !sizes_.empty() && !sizes_change_;
    if (known.kind == EntryKind::too_large) {
        // Reading it again would end this session, too, unless it is another mail now.
        const bool smaller = has_sizes && size != 0 && size <= kLargestMail;
        const bool other = smaller && known.size != size;
        return {other && known.read_at != snapshot_, false};
    }
    if (has_sizes && size != 0) {
        // Ours are read by every look, but for those that end sessions.
        if (known.size == 0 && known.kind != EntryKind::ours) {
            return {known.read_at != snapshot_, false};
        }
        if (known.size != 0 && size != known.size) return {true, false};
    }
    if (read_since) return {};
    // All mails of ours are as large as one another, so a mailbox that was made anew would not
    // show.
    if (lasting && stays(known.kind)) return {true, true, true};
    if (lasting) return {};
    const bool may_be_ours =
        !has_sizes || size == 0 || (size >= kLeastMail && size <= kLargestMail);
    return {may_be_ours, may_be_ours};
}

std::vector<Entry> SeenEntries::doubtful(Instant since) const {
    std::vector<Entry> result;
    for (const Line& line : lines_) {
        const auto known = known_.find(line.key);
        if (line.key == 0 || known == known_.end()) continue;
        // Every look reads those.
        if (known->second.kind == EntryKind::ours) continue;
        const Doubt open = doubt(known->second, line.number, since);
        if (!open.any) continue;
        result.push_back({line.number, line.key, line.at, EntryState::doubtful,
                          !open.by_age && known->second.size != 0});
    }
    std::ranges::sort(result, std::ranges::greater{}, &Entry::number);
    return result;
}

Instant SeenEntries::proven_until(Instant since) const {
    Instant proven = snapshot_;
    for (const Line& line : lines_) {
        const auto known = known_.find(line.key);
        if (line.key == 0 || known == known_.end()) continue;
        const Doubt open = doubt(known->second, line.number, since);
        if (!open.any || open.idle) continue;
        // One that is in doubt for its age alone was a stranger's when it was read.
        proven = std::min(proven, open.by_age ? known->second.read_at : Instant::min());
    }
    return proven;
}

void SeenEntries::size_unreadable() {
    if (ids_.lasting(snapshot_)) return;
    const bool broken = ids_.broken(snapshot_);
    unreadable_.sized(
        snapshot_,
        [this](std::uint64_t key) {
            const Line* line = line_of(key);
            return line == nullptr || sizes_change_ ? 0 : size_of(line->number);
        },
        [broken](std::uint32_t size) {
            return broken && size >= kLeastMail && size <= kLargestMail;
        });
}

void SeenEntries::holds(const Entry& entry, std::size_t octets) noexcept {
    const std::uint32_t size = size_of(entry.number);
    if (size != 0 && octets > size) sizes_change_ = true;
}

void SeenEntries::end_look() {
    lines_ = {};
    sizes_ = {};
    twice_.clear();
    share_ = nullptr;
}

void SeenEntries::classified(const Entry& entry, EntryKind kind, MailId mail, bool removed_before) {
    if (entry.key == 0) return;
    unreadable_.readable(entry.key);
    ids_.read(entry.key, removed_before, snapshot_);
    const auto [place, fresh] = known_.try_emplace(entry.key);
    Known& known = place->second;
    const std::uint32_t size = size_of(entry.number);
    if (!fresh) {
        const bool was_strange = known.kind == EntryKind::stranger;
        if (was_strange && kind == known.kind && known.size != 0 && size != 0 &&
            size != known.size) {
            sizes_change_ = sizes_change_ || ++changed_sizes_ >= kFewChanges;
        }
        // Nothing is known of what an earlier run called a stranger's for its keys.
        if (known.mail != mail && known.kind != EntryKind::stranger_by_these_keys) {
            ids_.reused(snapshot_);
        }
        if (stays(known.kind)) --left_;
    }
    if (stays(kind)) ++left_;
    known.kind = kind;
    known.mail = mail;
    known.read_at = snapshot_;
    if (size != 0) known.size = size;
    if (kind != EntryKind::stranger_by_these_keys) added_.push_back(entry.key);
}

void SeenEntries::keys_changed() {
    std::erase_if(known_, [](const auto& entry) {
        return entry.second.kind == EntryKind::stranger_by_these_keys;
    });
}

void SeenEntries::unreadable(const Entry& entry) {
    // What was read as ours once is read again before it is removed.
    if (entry.state == EntryState::ours) return;
    const auto known = known_.find(entry.key);
    if (known != known_.end()) forget(known, false);
    unreadable_.unreadable(entry.key, entry.listed_at, snapshot_);
}

void SeenEntries::broke_session(const Entry& entry, Blame blame) {
    const auto known = known_.find(entry.key);
    if (known != known_.end() && entry.state != EntryState::ours) forget(known, false);
    unreadable_.broke_session(entry.key, entry.listed_at, snapshot_, blame);
}

std::optional<Instant> SeenEntries::hidden_until() const {
    return unreadable_.hidden_until(by_number_,
                                    [this](std::uint64_t key) { return known_.contains(key); });
}

void SeenEntries::remember(std::uint64_t key) {
    if (known_.size() < kMaxEntries) {
        known_[key] = {Instant::min(), 0, 0, EntryKind::stranger, true};
    }
}

SeenEntries::Changes SeenEntries::take_changes() {
    Changes changes;
    // A later run reads ours again before it removes them.
    for (const std::uint64_t key : added_) {
        const auto entry = known_.find(key);
        if (entry == known_.end() || entry->second.kept) continue;
        const EntryKind kind = entry->second.kind;
        if (kind == EntryKind::ours || kind == EntryKind::report) continue;
        entry->second.kept = true;
        changes.classified.push_back(key);
    }
    added_.clear();
    changes.gone = std::move(gone_);
    gone_.clear();
    return changes;
}

void SeenEntries::forget(std::unordered_map<std::uint64_t, Known>::iterator entry, bool is_gone) {
    if (entry->second.kept) gone_.push_back(entry->first);
    if (stays(entry->second.kind)) --left_;
    if (is_gone) ids_.gone(entry->first);
    known_.erase(entry);
}

void SeenEntries::removed(std::uint64_t key) {
    const auto entry = known_.find(key);
    if (entry != known_.end()) forget(entry, false);
    ids_.gone(key);
}

bool SeenEntries::tell_changing_sizes() noexcept {
    return sizes_change_ && !std::exchange(told_sizes_, true);
}

bool SeenEntries::first_time(std::uint64_t digest) {
    // Forgetting all of them now and then counts a mail twice, which is better than growing.
    if (digests_.size() >= kMaxEntries) digests_.clear();
    return digests_.insert(digest).second;
}

}  // namespace mailprobed
