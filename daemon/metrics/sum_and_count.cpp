// SPDX-License-Identifier: Apache-2.0
// Two numbers under a lock that is held for a few instructions.
#include "daemon/metrics/sum_and_count.hpp"

#include <utility>

namespace mailprobed {

void SumAndCount::observe(double value) {
    const std::lock_guard lock(mutex_);
    ++count_;
    sum_ += value;
}

prometheus::ClientMetric::Summary SumAndCount::read() const {
    const std::lock_guard lock(mutex_);
    prometheus::ClientMetric::Summary result;
    result.sample_count = count_;
    result.sample_sum = sum_;
    return result;
}

SummaryFamily::SummaryFamily(std::string name, std::string help)
    : name_(std::move(name)), help_(std::move(help)) {}

SumAndCount& SummaryFamily::add(const prometheus::Labels& labels) {
    const std::lock_guard lock(mutex_);
    return members_[labels];
}

void SummaryFamily::remove(const SumAndCount* summary) {
    const std::lock_guard lock(mutex_);
    std::erase_if(members_, [summary](const auto& member) { return &member.second == summary; });
}

prometheus::MetricFamily SummaryFamily::collect() const {
    const std::lock_guard lock(mutex_);
    prometheus::MetricFamily family;
    family.name = name_;
    family.help = help_;
    family.type = prometheus::MetricType::Summary;
    family.metric.reserve(members_.size());
    for (const auto& [labels, summary] : members_) {
        prometheus::ClientMetric& metric = family.metric.emplace_back();
        for (const auto& [name, value] : labels)
            metric.label.push_back({name, value});
        metric.summary = summary.read();
    }
    return family;
}

}  // namespace mailprobed
