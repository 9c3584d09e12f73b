// SPDX-License-Identifier: Apache-2.0
// Whose time is up.
#include "daemon/http/held_texts.hpp"

#include <set>
#include <utility>

namespace mailprobed {

HeldTexts::Hold::Hold(HeldTexts& all, std::shared_ptr<const std::string> text, Instant since,
                      std::function<void()> close)
    : all_(all.entries_) {
    all_->push_back({std::move(text), since, std::move(close)});
    entry_ = std::prev(all_->end());
}

HeldTexts::Hold::~Hold() {
    all_->erase(entry_);
}

void HeldTexts::make_room(Instant now) {
    std::set<const std::string*> texts;
    for (const Hold::Entry& entry : *entries_) {
        if (entry.close) texts.insert(entry.text.get());
    }
    // In the order in which they began to be sent.
    for (auto oldest = entries_->begin(); texts.size() >= kMost && oldest != entries_->end();
         ++oldest) {
        const std::string* const text = oldest->text.get();
        if (!oldest->close || now - oldest->since < kTime) continue;
        for (Hold::Entry& entry : *entries_) {
            if (entry.text.get() != text) continue;
            // It may be destroyed only later, when its coroutine sees that it was closed.
            if (const auto close = std::exchange(entry.close, nullptr)) close();
        }
        texts.erase(text);
    }
}

}  // namespace mailprobed
