// SPDX-License-Identifier: Apache-2.0
// What a soak saw, and whether that is right.
#pragma once

#include "probes/domain/ledger/ledger.hpp"
#include "tests/campaigns/torture/soak_scene.hpp"
#include "tests/campaigns/torture/soak_size.hpp"
#include "tests/support/some_facts.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace mailprobed::soak {

/// Counts what is told; everything else is the ledger's.
class Counter final : public test::SomeFacts<Counter> {
  public:
    void take(const MailJudged& fact);
    void take(const EvidenceFound& fact);
    void take(const TickMissed& fact);
    void take(const InternalError& fact);

    std::array<std::uint64_t, kVerdicts.size()> verdicts{};
    std::array<std::uint64_t, kEvidences.size()> evidence{};
    std::uint64_t missed = 0;
    std::uint64_t bugs = 0;
};

/// The end of a run.
struct Result {
    std::uint64_t wanted = 0;
    LedgerTotals totals;
    const Counter& counter;
    /// How often each die struck.
    std::array<std::uint64_t, kDice.size()> strikes{};
    int unhealthy = 0;
    bool stuck = false;
    /// Opened since the beginning, and not closed at the end.
    std::ptrdiff_t descriptors_left = 0;
    const Sizes& sizes;
};

/// Prints the figures and every check; true if all of them hold.
[[nodiscard]] bool judge(const Result& result);

}  // namespace mailprobed::soak
