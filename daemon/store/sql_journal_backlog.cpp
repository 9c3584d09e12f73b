// SPDX-License-Identifier: Apache-2.0
// A mail's first intent in the queue tells that the disk does not know the mail.
#include "daemon/store/sql_journal_backlog.hpp"

#include <algorithm>
#include <type_traits>
#include <utility>

namespace mailprobed {
namespace {

template <typename Kind>
const Kind* get(const QueuedRecord& queued) {
    const auto* record = std::get_if<JournalRecord>(&queued.record);
    return record == nullptr ? nullptr : std::get_if<Kind>(record);
}

/// The mail that a record is about; 0 if there is none.
MailId mail_of(const JournalRecord& record) {
    return std::visit(
        [](const auto& one) -> MailId {
            using Kind = std::decay_t<decltype(one)>;
            if constexpr (std::is_same_v<Kind, VerdictRecord>) {
                return one.judgement.mail;
            } else if constexpr (std::is_same_v<Kind, EvidenceRecord>) {
                return one.evidence.mail;
            } else if constexpr (std::is_same_v<Kind, EntriesRecord> ||
                                 std::is_same_v<Kind, ClockRecord>) {
                return 0;
            } else {
                return one.mail;
            }
        },
        record);
}

/// Details are for people only; entries that are forgotten are read once more, and clocks too.
bool is_replaceable(const QueuedRecord& queued) {
    return std::holds_alternative<DetailRecord>(queued.record) ||
           get<EntriesRecord>(queued) != nullptr || get<ClockRecord>(queued) != nullptr;
}

bool comes_after_verdict(const QueuedRecord& queued) {
    return get<EvidenceRecord>(queued) != nullptr || get<AbsentRecord>(queued) != nullptr ||
           get<RemovedRecord>(queued) != nullptr;
}

}  // namespace

std::optional<std::uint64_t> JournalBacklog::push(std::variant<JournalRecord, DetailRecord> record,
                                                  bool at_risk) {
    given_up_ = 0;
    if (queue_.size() >= limit_) shrink();
    Numbered one{{std::move(record), at_risk}, pushed_ + 1};
    if (is_of_given_up_mail(one)) return std::nullopt;
    queue_.push_back(std::move(one));
    return ++pushed_;
}

bool JournalBacklog::is_of_given_up_mail(const Numbered& one) {
    const auto* record = std::get_if<JournalRecord>(&one.queued.record);
    if (record == nullptr) return false;
    const auto mail = given_up_mails_.find(mail_of(*record));
    if (mail == given_up_mails_.end()) return false;
    // Nothing that may follow a verdict makes a row of a mail.
    if (std::holds_alternative<VerdictRecord>(*record)) given_up_mails_.erase(mail);
    return true;
}

template <typename Drops>
void JournalBacklog::drop(Drops drops) {
    std::deque<Numbered> kept;
    for (Numbered& one : queue_) {
        if (!drops(one)) kept.push_back(std::move(one));
    }
    queue_.swap(kept);
}

void JournalBacklog::shrink() {
    std::size_t surplus = queue_.size() - std::min(queue_.size(), most_);
    const auto one_less = [&surplus](bool drops) {
        if (drops && surplus != 0) --surplus;
        return drops;
    };
    drop([&](const Numbered& one) { return one_less(surplus != 0 && is_replaceable(one.queued)); });
    const std::size_t before = queue_.size();
    if (surplus != 0) {
        // The oldest mails that the disk does not know; of each of them all or nothing.
        drop([&](const Numbered& one) {
            if (is_of_given_up_mail(one)) return one_less(true);
            const auto* intent = get<IntentRecord>(one.queued);
            const bool unknown = intent != nullptr && intent->attempt == 1;
            if (surplus != 0 && unknown) given_up_mails_.insert(intent->mail);
            return one_less(surplus != 0 && (unknown || comes_after_verdict(one.queued)));
        });
    }
    if (surplus != 0) {
        // Without its answer a mail is unconfirmed after a crash, which is true.
        drop([&](const Numbered& one) {
            return one_less(surplus != 0 && get<AnswerRecord>(one.queued) != nullptr);
        });
    }
    given_up_ = before - queue_.size();
    // What is left beyond `most_` are further intents and verdicts of mails that were on the disk
    // when it failed; without them a mail could be sent again or called lost by the next run.
    limit_ = std::max(most_, queue_.size()) + slack_;
}

void JournalBacklog::take(std::vector<QueuedRecord>& group, std::size_t size) {
    while (!queue_.empty() && group.size() < size) {
        group.push_back(std::move(queue_.front().queued));
        queue_.pop_front();
    }
    if (queue_.empty()) limit_ = most_ + slack_;
}

void JournalBacklog::all_at_risk() {
    for (Numbered& one : queue_)
        one.queued.at_risk = true;
}

}  // namespace mailprobed
