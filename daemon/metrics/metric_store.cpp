// SPDX-License-Identifier: Apache-2.0
// Builders and the serialiser of prometheus-cpp behind one name prefix.
#include "daemon/metrics/metric_store.hpp"

#include "daemon/metrics/process_metrics.hpp"
#include "probes/base/text.hpp"

#include <prometheus/text_serializer.h>

#include <iterator>
#include <set>
#include <utility>
#include <vector>

namespace mailprobed {

namespace {

constexpr const char* kPrefix = "mailprobed_";

}  // namespace

CounterFamily& MetricStore::counter(const std::string& name, const std::string& help) {
    return prometheus::BuildCounter().Name(kPrefix + name).Help(help).Register(registry_);
}

GaugeFamily& MetricStore::gauge(const std::string& name, const std::string& help) {
    return prometheus::BuildGauge().Name(kPrefix + name).Help(help).Register(registry_);
}

HistogramFamily& MetricStore::histogram(const std::string& name, const std::string& help) {
    return prometheus::BuildHistogram().Name(kPrefix + name).Help(help).Register(registry_);
}

SummaryFamily& MetricStore::summary(const std::string& name, const std::string& help) {
    return summaries_.emplace_back(kPrefix + name, help);
}

std::string MetricStore::render() const {
    std::vector<prometheus::MetricFamily> all = registry_.Collect();
    for (const SummaryFamily& summary : summaries_)
        all.push_back(summary.collect());
    const auto add = [&all](std::vector<prometheus::MetricFamily> more) {
        all.insert(all.end(), std::make_move_iterator(more.begin()),
                   std::make_move_iterator(more.end()));
    };
    add(mail_counts_.collect());
    add(collect_process_metrics());
    std::erase_if(all,
                  [](const prometheus::MetricFamily& family) { return family.metric.empty(); });
    return prometheus::TextSerializer().Serialize(all);
}

SumAndCount& SeriesSet::add(SummaryFamily& family, const prometheus::Labels& labels) {
    SumAndCount& series = family.add(labels);
    members_.push_back({&series, &family, [](void* from, void* which) {
                            static_cast<SummaryFamily*>(from)->remove(
                                static_cast<SumAndCount*>(which));
                        }});
    return series;
}

MailCounts& SeriesSet::add(MailCountsFamily& family, const prometheus::Labels& labels) {
    MailCounts& counts = family.add(labels);
    members_.push_back({&counts, &family, [](void* from, void* which) {
                            static_cast<MailCountsFamily*>(from)->remove(
                                static_cast<MailCounts*>(which));
                        }});
    return counts;
}

void SeriesSet::remove() {
    for (const Member& member : std::exchange(members_, {}))
        member.remove(member.family, member.series);
}

void SeriesSet::replace(SeriesSet& earlier) {
    std::set<void*> kept;
    for (const Member& member : members_)
        kept.insert(member.series);
    for (const Member& member : std::exchange(earlier.members_, {})) {
        if (!kept.contains(member.series)) member.remove(member.family, member.series);
    }
}

prometheus::Labels clean(prometheus::Labels labels) {
    for (auto& [name, value] : labels)
        value = to_valid_utf8(value);
    return labels;
}

}  // namespace mailprobed
