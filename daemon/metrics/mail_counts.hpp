// SPDX-License-Identifier: Apache-2.0
// How many mails began, ended and wait: numbers that add up in every scrape, which is made on
// another thread while they change. As series of their own each would be read at its own moment.
#pragma once

#include "probes/domain/outcome/verdict.hpp"

#include <prometheus/labels.h>
#include <prometheus/metric_family.h>

#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <vector>

namespace mailprobed {

/// The mails of one probe: started + restored = verdicts + pending, whenever they are read.
class MailCounts {
  public:
    /// All numbers of one moment.
    struct Numbers {
        std::uint64_t started = 0;
        std::uint64_t restored = 0;
        std::uint64_t pending = 0;
        std::array<std::uint64_t, kVerdicts.size()> verdicts{};
    };

    /// A mail began.
    void started();
    /// An earlier run left mails without a verdict.
    void restored(std::uint64_t mails);
    /// A mail got its verdict.
    void judged(Verdict verdict);
    /// So many wait by the ledger, whatever was counted here.
    void pending(std::uint64_t mails);
    [[nodiscard]] Numbers read() const;

  private:
    mutable std::mutex mutex_;
    Numbers numbers_;
};

/// The counts of all probes as four families; usable from any thread.
class MailCountsFamily {
  public:
    /// The counts with these labels, at 0 if they are new; they live until remove().
    MailCounts& add(const prometheus::Labels& labels);
    /// Ends counts that add() gave.
    void remove(const MailCounts* counts);
    /// What the serialiser takes.
    [[nodiscard]] std::vector<prometheus::MetricFamily> collect() const;

  private:
    mutable std::mutex mutex_;
    std::map<prometheus::Labels, MailCounts> members_;
};

}  // namespace mailprobed
