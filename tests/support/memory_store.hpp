// SPDX-License-Identifier: Apache-2.0
// A store that is no database: it replaces what it has by what it is given.
#pragma once

#include "daemon/store/store.hpp"

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

namespace mailprobed::test {

/// What a memory store holds; outlives the store, as a disk does.
struct MemoryRows {
    std::map<MailId, MailState> pending;
    std::map<MailId, std::pair<std::string, JudgedMail>> judged;
    std::map<std::tuple<MailId, Evidence, std::uint8_t>, std::uint32_t> copies;
};

/// The store over such rows. While it `fails` nothing is written.
class MemoryStore final : public Store {
  public:
    MemoryStore(std::shared_ptr<MemoryRows> rows, std::shared_ptr<const std::atomic<bool>> fails)
        : rows_(std::move(rows)), fails_(std::move(fails)) {}

    [[nodiscard]] std::optional<RestoredState> load() override {
        RestoredState all;
        for (const auto& [id, mail] : rows_->pending)
            all.pending.push_back(mail);
        for (const auto& [id, mail] : rows_->judged)
            all.settled.push_back({mail.first, mail.second});
        return all;
    }
    [[nodiscard]] bool write(const std::vector<QueuedRecord>& group) override {
        if (*fails_) return false;
        for (const QueuedRecord& queued : group) {
            const auto* record = std::get_if<JournalRecord>(&queued.record);
            if (record == nullptr) continue;
            std::visit([this](const auto& one) { take(one); }, *record);
        }
        return true;
    }
    void prune() override {}
    [[nodiscard]] bool is_open() const override { return true; }
    [[nodiscard]] const std::string& error() const override { return error_; }
    [[nodiscard]] std::string take_notice() override { return {}; }
    [[nodiscard]] bool was_displaced() const override { return false; }

  private:
    void take(const MailState& state) { rows_->pending.insert_or_assign(state.mail, state); }
    void take(const VerdictRecord& record) {
        rows_->pending.erase(record.judgement.mail);
        rows_->judged.insert_or_assign(record.judgement.mail,
                                       std::pair(record.judgement.probe, record.judged));
    }
    void take(const JudgedMail& mail) {
        const auto found = rows_->judged.find(mail.mail);
        if (found != rows_->judged.end()) found->second.second = mail;
    }
    void take(const EvidenceRecord& record) {
        const AfterVerdict& one = record.evidence;
        rows_->copies[{one.mail, one.kind, record.attempt}] = one.total;
    }
    void take(const EntriesRecord&) {}
    void take(const ClockRecord&) {}

    std::shared_ptr<MemoryRows> rows_;
    std::shared_ptr<const std::atomic<bool>> fails_;
    std::string error_ = "it is to fail";
};

}  // namespace mailprobed::test
