// SPDX-License-Identifier: Apache-2.0
// Bookkeeping of listings.
#include "probes/monitor/known_entries.hpp"

#include <algorithm>
#include <utility>

namespace mailprobed {

std::uint64_t entry_hash(std::string_view text) noexcept {
    std::uint64_t hash = 14695981039346656037ULL;
    for (const char c : text)
        hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
    return hash == 0 ? 1 : hash;
}

void KnownEntries::begin_listing() {
    in_listing_.clear();
    twice_.clear();
    fresh_.clear();
    overflowed_ = without_ids_ = false;
    nameless_before_ = std::exchange(nameless_, 0);
}

void KnownEntries::listed(std::uint32_t number, std::string_view uidl, Instant at) {
    if (uidl.empty()) {
        without_ids_ = true;
        if (fresh_.size() >= kMaxEntries) overflowed_ = true;
        if (!overflowed_) fresh_.push_back({number, 0, at, std::nullopt});
        return;
    }
    const std::uint64_t key = entry_hash(uidl);
    if (in_listing_.size() >= kMaxEntries) {
        overflowed_ = true;
        return;
    }
    const auto found = known_.find(key);
    const auto [first, is_first] = in_listing_.try_emplace(key, number, at);
    if (!is_first) {
        // Some servers give one id to several messages (RFC 1939 7 forbids it): an id that does not
        // tell them apart must not hide one of ours behind a stranger, so all of them are read.
        const bool first_was_skipped = found != known_.end() && !found->second.own;
        if (twice_.insert(key).second && first_was_skipped) {
            fresh_.push_back({first->second.first, key, first->second.second, std::nullopt});
        }
        fresh_.push_back({number, key, at, std::nullopt});
        return;
    }
    if (found == known_.end()) {
        fresh_.push_back({number, key, at, std::nullopt});
    } else if (found->second.own) {
        fresh_.push_back({number, key, at, found->second.own});
    }
}

std::vector<Entry> KnownEntries::end_listing() {
    for (const std::uint64_t key : twice_)
        removed(key);
    for (Entry& entry : fresh_) {
        if (twice_.contains(entry.key)) entry = {entry.number, 0, entry.listed_at, std::nullopt};
    }
    // A listing without ids (UIDL refused for once) does not tell who is gone; one line without an
    // id that can be relied on is no such listing.
    by_number_ = without_ids_ && in_listing_.empty();
    if (!by_number_) {
        for (auto entry = known_.begin(); entry != known_.end();) {
            const auto current = entry++;
            if (!in_listing_.contains(current->first)) forget(current);
        }
        std::erase_if(unreadable_,
                      [&](const auto& entry) { return !in_listing_.contains(entry.first); });
    }
    in_listing_ = {};  // gives the memory of a long listing back
    std::ranges::sort(fresh_, std::ranges::greater{}, &Entry::number);
    return std::move(fresh_);
}

void KnownEntries::classified(std::uint64_t key, std::optional<Tag> own) {
    if (key == 0) return;
    known_[key] = {own, false, false};
    added_.push_back(key);
    unreadable_.erase(key);
}

void KnownEntries::classified_by_these_keys(std::uint64_t key) {
    if (key == 0) return;
    known_[key] = {std::nullopt, false, true};
    unreadable_.erase(key);
}

void KnownEntries::keys_changed() {
    std::erase_if(known_, [](const auto& entry) { return entry.second.by_these_keys; });
}

void KnownEntries::remember(std::uint64_t key, std::optional<Tag> own) {
    // Those are removed. What was so called in another life of the server may be a stranger's now:
    // it costs little to read ours once more.
    if (own) {
        gone_.push_back(key);
        return;
    }
    if (known_.size() < kMaxEntries) known_[key] = {std::nullopt, true, false};
}

KnownEntries::Changes KnownEntries::take_changes() {
    Changes changes;
    // A later run reads ours again before it removes them.
    for (const std::uint64_t key : added_) {
        const auto entry = known_.find(key);
        if (entry == known_.end() || entry->second.kept || entry->second.own) continue;
        entry->second.kept = true;
        changes.classified.emplace_back(key, std::nullopt);
    }
    added_.clear();
    changes.gone = std::move(gone_);
    gone_.clear();
    return changes;
}

void KnownEntries::forget(std::unordered_map<std::uint64_t, Known>::iterator entry) {
    if (entry->second.kept) gone_.push_back(entry->first);
    known_.erase(entry);
}

void KnownEntries::unreadable(const Entry& entry) {
    if (entry.key != 0) {
        unreadable_.try_emplace(entry.key, Unreadable{entry.listed_at});
    } else if (++nameless_ > nameless_before_) {
        nameless_sight_ = entry.listed_at;
    }
}

void KnownEntries::broke_session(const Entry& entry) {
    unreadable(entry);
    const auto found = unreadable_.find(entry.key);
    if (found == unreadable_.end()) return;
    Unreadable& trouble = found->second;
    // Once may be the network's doing.
    trouble.breaks = std::min(trouble.breaks + 1, 10U);
    trouble.skips = (1U << (trouble.breaks - 1)) - 1;
}

bool KnownEntries::skips(const Entry& entry) {
    const auto found = unreadable_.find(entry.key);
    if (found == unreadable_.end() || found->second.skips == 0) return false;
    --found->second.skips;
    return true;
}

unsigned KnownEntries::breaks(std::uint64_t key) const {
    const auto found = unreadable_.find(key);
    return found == unreadable_.end() ? 0 : found->second.breaks;
}

std::optional<Instant> KnownEntries::blind_until() const {
    std::optional<Instant> latest;
    for (const auto& [key, trouble] : unreadable_) {
        // What was read once is known, and a listing by numbers has all of them read again.
        if (by_number_ || known_.contains(key)) continue;
        if (!latest || trouble.first_sight > *latest) latest = trouble.first_sight;
    }
    if (nameless_ > 0 && (!latest || nameless_sight_ > *latest)) latest = nameless_sight_;
    return latest;
}

void KnownEntries::removed(std::uint64_t key) {
    const auto entry = known_.find(key);
    if (entry != known_.end()) forget(entry);
}

bool KnownEntries::first_time(std::uint64_t digest) {
    // Forgetting all of them now and then counts a mail twice, which is better than growing.
    if (digests_.size() >= kMaxEntries) digests_.clear();
    return digests_.insert(digest).second;
}

}  // namespace mailprobed
