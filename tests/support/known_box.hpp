// SPDX-License-Identifier: Apache-2.0
// A mailbox as its listings tell of it.
#pragma once

#include "probes/domain/plan/seen_entries.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace mailprobed {

using Lines = std::vector<std::pair<std::uint32_t, std::string>>;

inline LookMemory& plenty() {
    static LookMemory memory;
    return memory;
}

/// Entries of a mailbox and a look into it that is under way.
struct Box {
    SeenEntries known;
    LookShare share{plenty()};

    std::vector<Entry> list(const Lines& lines, Instant at = Instant{}, bool whole = true) {
        known.begin_listing(at, share);
        for (const auto& [number, uidl] : lines)
            known.listed(number, uidl, at);
        return known.end_listing(whole);
    }
    std::vector<Entry> list_sized(const std::vector<std::tuple<int, std::string, int>>& lines,
                                  Instant at) {
        known.begin_listing(at, share);
        for (const auto& [number, uidl, size] : lines) {
            known.listed(static_cast<std::uint32_t>(number), uidl, at);
            known.sized(static_cast<std::uint32_t>(number), static_cast<std::uint64_t>(size));
        }
        return known.end_listing(true);
    }
};

/// Somebody looks every hour, the last time at `until`.
inline void watch(Box& box, const Lines& lines, int from, int until) {
    for (int s = from; s <= until; s += 3600)
        (void)box.list(lines, Instant{std::chrono::seconds{s}});
}

inline std::vector<std::uint32_t> fresh(Box& box, const Lines& lines) {
    std::vector<std::uint32_t> numbers;
    for (const Entry& entry : box.list(lines)) {
        numbers.push_back(entry.number);
        box.known.classified(entry, EntryKind::stranger);
    }
    return numbers;
}

using Numbers = std::vector<std::uint32_t>;

/// The n-th second.
inline Instant second(int n) {
    return Instant{std::chrono::seconds{n}};
}

/// In their order.
inline std::vector<std::uint32_t> numbers(const std::vector<Entry>& entries) {
    std::vector<std::uint32_t> result;
    for (const Entry& entry : entries)
        result.push_back(entry.number);
    return result;
}

}  // namespace mailprobed
