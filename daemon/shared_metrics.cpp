// SPDX-License-Identifier: Apache-2.0
// Which text is handed out, and whose time is up.
#include "daemon/shared_metrics.hpp"

#include "daemon/web_gzip.hpp"

#include <set>
#include <utility>

namespace mailprobed {

WebResponse SharedMetrics::answer(Instant asked, bool gzip,
                                  const std::function<std::string()>& render,
                                  const std::function<Instant()>& now) {
    std::erase_if(renderings_, [](const Rendering& one) { return !one.alive(); });
    WebResponse response{200, "text/plain; version=0.0.4; charset=utf-8", ""};
    Text plain;
    if (!renderings_.empty()) {
        Rendering& newest = renderings_.back();
        const bool pressed = renderings_.size() >= 2 && now() - newest.began < kSlack;
        if (newest.began >= asked || pressed) {
            response.shared = gzip ? newest.gzip.lock() : nullptr;
            response.gzip = response.shared != nullptr;
            if (response.gzip) return response;
            plain = newest.plain.lock();
        }
    }
    if (!plain) {
        Rendering fresh;
        fresh.began = now();
        plain = std::make_shared<const std::string>(render());
        fresh.plain = plain;
        renderings_.push_back(std::move(fresh));
    }
    response.shared = plain;
    if (!gzip) return response;
    WebResponse smaller;
    smaller.body = *plain;
    compress(smaller);
    if (!smaller.gzip) return response;
    response.shared = std::make_shared<const std::string>(std::move(smaller.body));
    response.gzip = true;
    renderings_.back().gzip = response.shared;
    return response;
}

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
