// SPDX-License-Identifier: Apache-2.0
// One observer that hands every fact to several.
#pragma once

#include "probes/monitor/observer.hpp"

#include <variant>
#include <vector>

namespace mailprobed {

/// Fans facts out, in the order of add(); the observers must outlive the list's use.
class ObserverList final : public Observer {
  public:
    /// Adds a listener.
    void add(Observer& observer) { observers_.push_back(&observer); }

    void on(const Fact& fact) override {
        const bool line = std::holds_alternative<TranscriptLine>(fact);
        for (Observer* observer : observers_) {
            if (!line || observer->interest().lines) observer->on(fact);
        }
    }
    [[nodiscard]] Interest interest() const override {
        Interest all;
        for (const Observer* observer : observers_) {
            const Interest one = observer->interest();
            all.lines = all.lines || one.lines;
            all.records = all.records || one.records;
            all.transcripts = all.transcripts || one.transcripts;
        }
        return all;
    }

  private:
    std::vector<Observer*> observers_;
};

}  // namespace mailprobed
