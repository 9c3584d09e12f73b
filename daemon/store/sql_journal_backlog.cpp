// SPDX-License-Identifier: Apache-2.0
// A mail's first state in the queue tells that the disk does not know the mail.
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

/// Details are for people only, and entries that are forgotten are read once more.
bool is_replaceable(const QueuedRecord& queued) {
    return std::holds_alternative<DetailRecord>(queued.record) ||
           get<EntriesRecord>(queued) != nullptr;
}

bool comes_after_verdict(const QueuedRecord& queued) {
    return get<EvidenceRecord>(queued) != nullptr || get<JudgedMail>(queued) != nullptr;
}

}  // namespace

std::optional<std::uint64_t> JournalBacklog::push(JournalRecords records, bool at_risk) {
    given_up_ = 0;
    bool lacking = false;
    const auto filter = [&] {
        lacking |= std::erase_if(records, [this](const JournalRecord& record) {
                       return is_of_given_up_mail(record);
                   }) != 0;
        return !records.empty();
    };
    if (filter() && full()) {
        shrink();
        // It may have given up their mails.
        filter();
    }
    const bool alone = records.size() == 1 && !lacking;
    std::uint64_t last = 0;
    for (JournalRecord& record : records)
        last = std::max(last, add(std::move(record), at_risk, alone));
    // Nothing that comes later belongs to them.
    if (!queue_.empty()) queue_.back().joined = false;
    return lacking || last == 0 ? std::nullopt : std::optional(last);
}

std::optional<std::uint64_t> JournalBacklog::push(DetailRecord record, bool at_risk) {
    given_up_ = 0;
    if (full()) shrink();
    queue_.push_back({{std::move(record), at_risk}, ++pushed_});
    return pushed_;
}

std::uint64_t JournalBacklog::add(JournalRecord record, bool at_risk, bool alone) {
    const auto* state = std::get_if<MailState>(&record);
    const bool intends = state != nullptr && state->progress == Progress::intended;
    const bool enters = intends && state->attempt == 1;
    if (Numbered* older = replaced_by(record, alone)) {
        older->queued.record = std::move(record);
        older->queued.at_risk = older->queued.at_risk || at_risk;
        older->intends = older->intends || intends;
        return older->number;
    }
    queue_.push_back({{std::move(record), at_risk}, ++pushed_, true, enters, intends});
    remember_place(queue_.back());
    return pushed_;
}

JournalBacklog::Numbered* JournalBacklog::replaced_by(const JournalRecord& record, bool alone) {
    if (std::holds_alternative<ClockRecord>(record)) return queued_at(clocks_);
    const auto place_in = [&](const auto& places) {
        const auto found = places.find(mail_of(record));
        return found == places.end() ? nullptr : queued_at(found->second);
    };
    if (std::holds_alternative<MailState>(record)) return place_in(states_);
    // What comes with evidence says that this was counted, and must not be on the disk before it.
    if (std::holds_alternative<JudgedMail>(record) && alone) return place_in(judged_);
    return nullptr;
}

JournalBacklog::Numbered* JournalBacklog::queued_at(std::uint64_t number) {
    const auto found = std::ranges::lower_bound(queue_, number, {}, &Numbered::number);
    return found != queue_.end() && found->number == number ? &*found : nullptr;
}

void JournalBacklog::remember_place(const Numbered& one) {
    if (const auto* state = get<MailState>(one.queued)) states_[state->mail] = one.number;
    if (const auto* mail = get<JudgedMail>(one.queued)) judged_[mail->mail] = one.number;
    if (get<ClockRecord>(one.queued) != nullptr) clocks_ = one.number;
}

void JournalBacklog::forget_place(const Numbered& one) {
    const auto forget = [&one](auto& places, MailId mail) {
        const auto found = places.find(mail);
        if (found != places.end() && found->second == one.number) places.erase(found);
    };
    if (const auto* state = get<MailState>(one.queued)) forget(states_, state->mail);
    if (const auto* mail = get<JudgedMail>(one.queued)) forget(judged_, mail->mail);
}

bool JournalBacklog::is_of_given_up_mail(const JournalRecord& record) {
    const auto mail = given_up_mails_.find(mail_of(record));
    if (mail == given_up_mails_.end()) return false;
    // Nothing that may follow a verdict makes a row of a mail.
    if (std::holds_alternative<VerdictRecord>(record)) given_up_mails_.erase(mail);
    return true;
}

template <typename Drops>
void JournalBacklog::drop(Drops drops) {
    std::deque<Numbered> kept;
    for (Numbered& one : queue_) {
        if (drops(one)) {
            forget_place(one);
            // What is left of a unit ends where that did.
            if (!one.joined && !kept.empty()) kept.back().joined = false;
        } else {
            kept.push_back(std::move(one));
        }
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
        // The oldest mails that the disk does not know, and what came after verdicts; of each of
        // them all or nothing.
        bool first = true;
        bool gives_up = false;
        drop([&](const Numbered& one) {
            if (std::exchange(first, !one.joined)) gives_up = surplus != 0;
            const auto* record = std::get_if<JournalRecord>(&one.queued.record);
            if (record == nullptr) return false;
            if (is_of_given_up_mail(*record)) return one_less(true);
            if (gives_up && one.enters) given_up_mails_.insert(mail_of(*record));
            return one_less(gives_up && (one.enters || comes_after_verdict(one.queued)));
        });
    }
    if (surplus != 0) {
        // Without its answer a mail is unconfirmed after a crash, which is true.
        drop([&](const Numbered& one) {
            const bool answers = get<MailState>(one.queued) != nullptr && !one.intends;
            return one_less(surplus != 0 && answers);
        });
    }
    given_up_ = before - queue_.size();
    // What is left beyond `most_` are further intents and verdicts of mails that were on the disk
    // when it failed; without them a mail could be sent again or called lost by the next run.
    limit_ = std::max(most_, queue_.size()) + slack_;
}

void JournalBacklog::take(std::vector<QueuedRecord>& group, std::size_t size) {
    bool joined = false;
    while (!queue_.empty() && (group.size() < size || joined)) {
        Numbered& one = queue_.front();
        joined = one.joined;
        forget_place(one);
        group.push_back(std::move(one.queued));
        queue_.pop_front();
    }
    if (queue_.empty()) limit_ = most_ + slack_;
}

void JournalBacklog::all_at_risk() {
    for (Numbered& one : queue_)
        one.queued.at_risk = true;
}

}  // namespace mailprobed
