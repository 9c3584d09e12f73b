// SPDX-License-Identifier: Apache-2.0
// Bookkeeping for the landing page.
#include "daemon/api/probe_table.hpp"

#include <map>
#include <string>
#include <utility>

namespace mailprobed {
namespace {

std::string counted(std::uint64_t count, const char* thing) {
    return std::to_string(count) + " " + thing + (count == 1 ? "" : "s");
}

}  // namespace

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

void ProbeTable::take(const ProbeRestored& fact) {
    ProbeRow* row = find(fact.probe);
    if (row == nullptr) return;
    row->history = fact.history;
}

void ProbeTable::take(const MailStarted& fact) {
    if (ProbeRow* row = find(fact.probe)) ++row->started;
}

void ProbeTable::take(const MailJudged& fact) {
    ProbeRow* row = find(fact.probe);
    if (row == nullptr) return;
    row->verdict = fact.verdict;
    row->at = fact.at;
    row->history.judged(fact, fact.at);
    if (fact.verdict == Verdict::delivered) ++row->delivered;
}

void ProbeTable::take(const PendingState& fact) {
    ProbeRow* row = find(fact.probe);
    if (row == nullptr) return;
    row->pending = fact.count;
    row->oldest_pending = fact.oldest;
}

std::string status_line(const std::vector<ProbeRow>& rows) {
    std::uint64_t pending = 0;
    std::uint64_t without = 0;
    std::map<Verdict, std::uint64_t> verdicts;
    for (const ProbeRow& row : rows) {
        pending += row.pending;
        if (row.verdict) {
            ++verdicts[*row.verdict];
        } else {
            ++without;
        }
    }
    std::string line = counted(rows.size(), "probe") + ", " + counted(pending, "mail") + " pending";
    const char* before = "; last verdicts: ";
    for (const auto& [verdict, count] : verdicts) {
        line += before + std::to_string(count) + " " + std::string(to_string(verdict));
        before = ", ";
    }
    if (without > 0) line += "; " + counted(without, "probe") + " without a verdict";
    return line;
}

}  // namespace mailprobed
