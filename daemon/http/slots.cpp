// SPDX-License-Identifier: Apache-2.0
// A thousand silent connections must not keep out the one that has something to ask.
#include "daemon/http/slots.hpp"

#include <utility>

namespace mailprobed {

WebSlots::Slot::~Slot() {
    if (!table_) return;
    if (entry_->leaving) --table_->leaving;
    table_->entries.erase(entry_);
}

void WebSlots::Slot::does(ConnectionPhase occupation, Instant now) const {
    entry_->occupation = occupation;
    entry_->since = now;
}

bool WebSlots::make_room(Instant now) {
    if (table_->entries.size() - table_->leaving < most_) return true;
    Entry* starting = nullptr;
    Entry* waiting = nullptr;
    Entry* sending = nullptr;
    std::size_t starts = 0;
    const auto longer = [](const Entry& entry, const Entry* other) {
        return other == nullptr || entry.since < other->since;
    };
    for (Entry& entry : table_->entries) {
        if (entry.leaving || !entry.close) continue;
        if (entry.occupation == ConnectionPhase::starting) {
            ++starts;
            if (longer(entry, starting)) starting = &entry;
        }
        const bool slow =
            entry.occupation == ConnectionPhase::sending && now - entry.since >= patience_;
        if (slow && longer(entry, sending)) sending = &entry;
        const bool idle =
            entry.occupation == ConnectionPhase::waiting && now - entry.since >= patience_;
        if (idle && longer(entry, waiting)) waiting = &entry;
    }
    // Neither those that never finish a request nor those that sit on one that was answered can
    // take more than half of the places from the others.
    Entry* worst = waiting != nullptr && starts <= most_ / 2 ? waiting : starting;
    // Those who do not read their answers are no better.
    if (worst == nullptr) worst = sending;
    if (worst == nullptr) return false;
    worst->leaving = true;
    ++table_->leaving;
    const std::function<void()> close = std::exchange(worst->close, nullptr);
    close();
    return true;
}

WebSlots::Slot WebSlots::take(Instant now) {
    table_->entries.push_back({nullptr, ConnectionPhase::starting, now, false});
    return {table_, std::prev(table_->entries.end())};
}

}  // namespace mailprobed
