// SPDX-License-Identifier: Apache-2.0
// Bookkeeping for the landing page.
#include "daemon/probe_table.hpp"

#include <utility>

namespace mailprobed {

ProbeTable::ProbeTable(const Settings& settings) {
    reconfigure(settings);
}

void ProbeTable::reconfigure(const Settings& settings) {
    std::vector<ProbeRow> rows;
    rows.reserve(settings.probes.size());
    for (const ProbeSettings& probe : settings.probes) {
        ProbeRow& row = rows.emplace_back();
        if (const ProbeRow* known = find(probe.name)) row = *known;
        row.name = probe.name;
        row.from = probe.from;
        row.to = probe.to;
        row.interval = probe.interval;
        row.deadline = probe.deadline;
        row.slo_latency = probe.slo_latency;
        row.labels = probe.labels;
    }
    rows_ = std::move(rows);
    index_.clear();
    for (std::size_t i = 0; i < rows_.size(); ++i)
        index_.emplace(rows_[i].name, i);
}

ProbeRow* ProbeTable::find(std::string_view probe) {
    const auto entry = index_.find(probe);
    return entry == index_.end() ? nullptr : &rows_[entry->second];
}

void ProbeTable::probe_restored(const ProbeRestored& fact) {
    ProbeRow* row = find(fact.probe);
    if (row == nullptr) return;
    row->round_trip = fact.state.last_round_trip;
    row->uncertainty = fact.state.last_uncertainty;
    row->bad_streak = fact.state.bad_streak;
}

void ProbeTable::mail_started(const MailStarted& fact) {
    if (ProbeRow* row = find(fact.probe)) ++row->started;
}

void ProbeTable::mail_judged(const MailJudged& fact) {
    ProbeRow* row = find(fact.probe);
    if (row == nullptr) return;
    row->verdict = fact.verdict;
    row->at = fact.at;
    if (fact.verdict != Verdict::delivered) {
        ++row->bad_streak;
        return;
    }
    row->bad_streak = 0;
    ++row->delivered;
    if (fact.inexact) return;
    row->round_trip = fact.round_trip;
    row->uncertainty = fact.uncertainty;
}

void ProbeTable::pending_changed(const PendingState& fact) {
    ProbeRow* row = find(fact.probe);
    if (row == nullptr) return;
    row->pending = fact.count;
    row->oldest_pending = fact.oldest;
}

}  // namespace mailprobed
