// SPDX-License-Identifier: Apache-2.0
// A short list searched from the front: failures are rare.
#include "daemon/metrics/failure_counters.hpp"

#include <algorithm>
#include <string>

namespace mailprobed {

FailureCounters::FailureCounters(SeriesSet& series, CounterFamily& family,
                                 const prometheus::Labels& owner, Side side, TlsMode mode)
    : series_(series), family_(family), owner_(owner), side_(side) {
    for (const StageCause pair : exported_failures(side, mode))
        add(pair);
}

void FailureCounters::count(StageCause pair) {
    const StageCause counted = exported_as(side_, counted_as(side_, pair));
    prometheus::Counter* counter = find(counted);
    if (counter == nullptr) {
        // Also a pair of another TLS mode ends here.
        const StageCause bug{counted.stage, Cause::internal};
        counter = find(bug);
        if (counter == nullptr) counter = &add(bug);
    }
    counter->Increment();
}

prometheus::Counter* FailureCounters::find(StageCause pair) noexcept {
    const auto entry = std::ranges::find(counters_, pair, [](const auto& c) { return c.first; });
    return entry == counters_.end() ? nullptr : entry->second;
}

prometheus::Counter& FailureCounters::add(StageCause pair) {
    prometheus::Labels labels = owner_;
    labels["stage"] = to_string(pair.stage);
    labels["cause"] = to_string(pair.cause);
    prometheus::Counter& counter = series_.add(family_, labels);
    counters_.emplace_back(pair, &counter);
    return counter;
}

}  // namespace mailprobed
