// SPDX-License-Identifier: Apache-2.0
// What is remembered of looks until the mails that they judged are told: for the history.
#include "probes/monitor/watcher.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace mailprobed {
namespace {

/// Looks that are remembered at most; API and pages show as many.
constexpr std::size_t kMaxLooks = 200;
/// Of older ones only the outcome.
constexpr std::size_t kMaxConversations = 5;
/// Mails that one look judged and whose observer is told everything; of the others an outline.
constexpr std::size_t kMaxFullyTold = 20;
constexpr std::ptrdiff_t kFewLooks = 10;

}  // namespace

void Watcher::note_judged(const Outcome& outcome) {
    if (!context_.needs.observer.interest().records) return;
    judged_.insert(judged_.end(), outcome.judgements.begin(), outcome.judgements.end());
}

void Watcher::keep_look(const LookDone& done, Instant began, ConversationRecord conversation) {
    if (!context_.needs.observer.interest().records) return;
    LookRecord record;
    record.mailbox = done.mailbox;
    record.began = began;
    record.at = done.at - done.took;
    record.took = done.took;
    record.complete = done.complete;
    record.failure = done.failure;
    record.messages = done.messages;
    record.conversation = std::move(conversation);
    looks_.push_back(std::move(record));
    if (looks_.size() > kMaxConversations) {
        looks_[looks_.size() - kMaxConversations - 1].conversation = {};
    }
    if (looks_.size() > kMaxLooks) looks_.pop_front();
}

void Watcher::tell_watched() {
    std::size_t told = 0;
    for (const Judgement& mail : std::exchange(judged_, {})) {
        auto first = std::ranges::find_if(looks_, [&mail](const LookRecord& look) {
            return look.began + look.took >= mail.started;
        });
        // A mailbox that opens again after hours judges a thousand at once, by the same looks.
        if (++told > kMaxFullyTold) {
            for (LookRecord& look : looks_)
                look.conversation = {};
            first = std::max(first, looks_.end() - std::min(kFewLooks, std::ssize(looks_)));
        }
        context_.needs.observer.on(MailWatched{mail.probe, mail.mail, mail.verdict, wall_now(),
                                               looks_,
                                               static_cast<std::size_t>(first - looks_.begin())});
    }
}

}  // namespace mailprobed
