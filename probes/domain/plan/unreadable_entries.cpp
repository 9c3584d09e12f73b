// SPDX-License-Identifier: Apache-2.0
// Bookkeeping of entries that cannot be read.
#include "probes/domain/plan/unreadable_entries.hpp"

#include <algorithm>

namespace mailprobed {

void UnreadableEntries::begin_listing() {
    nameless_.reset();
}

void UnreadableEntries::keep_only(const std::function<bool(std::uint64_t)>& is_listed) {
    std::erase_if(entries_, [&](const auto& entry) { return !is_listed(entry.first); });
}

void UnreadableEntries::unreadable(std::uint64_t key, Instant listed_at, Instant now) {
    if (key == 0) {
        nameless_ = std::max(nameless_.value_or(Instant::min()), listed_at);
        return;
    }
    const auto [entry, fresh] = entries_.try_emplace(key, Trouble{listed_at, now});
    if (!fresh) entry->second.tried_at = now;
}

void UnreadableEntries::sized(Instant now,
                              const std::function<std::uint32_t(std::uint64_t)>& size_of,
                              const std::function<bool(std::uint32_t)>& may_be_ours) {
    for (auto& [key, trouble] : entries_) {
        const std::uint32_t size = size_of(key);
        const bool same = size != 0 && size == trouble.size && !may_be_ours(size);
        if (!same) trouble.first_sight = std::max(trouble.first_sight, now);
        if (size != 0) trouble.size = size;
    }
}

void UnreadableEntries::broke_session(std::uint64_t key, Instant listed_at, Instant now,
                                      Blame blame) {
    unreadable(key, listed_at, now);
    const auto found = entries_.find(key);
    if (found == entries_.end()) return;
    Trouble& trouble = found->second;
    trouble.breaks = std::min(trouble.breaks + (blame == Blame::surely ? 4U : 1U), 10U);
    trouble.skips = (1U << (trouble.breaks - 1)) - 1;
}

bool UnreadableEntries::take_skip(std::uint64_t key) {
    const auto found = entries_.find(key);
    if (found == entries_.end() || found->second.skips == 0) return false;
    --found->second.skips;
    return true;
}

unsigned UnreadableEntries::breaks(std::uint64_t key) const {
    const auto found = entries_.find(key);
    return found == entries_.end() ? 0 : found->second.breaks;
}

std::optional<Instant> UnreadableEntries::tried_at(std::uint64_t key) const {
    const auto found = entries_.find(key);
    if (found == entries_.end()) return std::nullopt;
    return found->second.tried_at;
}

std::optional<Instant> UnreadableEntries::hidden_until(
    bool by_number, const std::function<bool(std::uint64_t)>& is_known) const {
    std::optional<Instant> latest = nameless_;
    // A listing by numbers has all of them read again.
    if (by_number) return latest;
    for (const auto& [key, trouble] : entries_) {
        if (is_known(key)) continue;
        if (!latest || trouble.first_sight > *latest) latest = trouble.first_sight;
    }
    return latest;
}

}  // namespace mailprobed
