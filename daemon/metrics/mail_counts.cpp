// SPDX-License-Identifier: Apache-2.0
// A lock for each probe, held for a few instructions.
#include "daemon/metrics/mail_counts.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace mailprobed {

namespace {

prometheus::MetricFamily family(const char* name, const char* help, prometheus::MetricType type,
                                std::size_t members) {
    prometheus::MetricFamily result;
    result.name = std::string("mailprobed_") + name;
    result.help = help;
    result.type = type;
    result.metric.reserve(members);
    return result;
}

prometheus::ClientMetric& add_to(prometheus::MetricFamily& family,
                                 const prometheus::Labels& labels) {
    prometheus::ClientMetric& metric = family.metric.emplace_back();
    for (const auto& [name, value] : labels)
        metric.label.push_back({name, value});
    return metric;
}

void add_count(prometheus::MetricFamily& family, const prometheus::Labels& labels,
               std::uint64_t value) {
    add_to(family, labels).counter.value = static_cast<double>(value);
}

}  // namespace

void MailCounts::started() {
    const std::lock_guard lock(mutex_);
    ++numbers_.started;
    ++numbers_.pending;
}

void MailCounts::restored(std::uint64_t mails) {
    const std::lock_guard lock(mutex_);
    numbers_.restored += mails;
    numbers_.pending += mails;
}

void MailCounts::judged(Verdict verdict) {
    const std::lock_guard lock(mutex_);
    ++numbers_.verdicts[static_cast<std::size_t>(verdict)];
    numbers_.pending -= std::min<std::uint64_t>(numbers_.pending, 1);
}

void MailCounts::pending(std::uint64_t mails) {
    const std::lock_guard lock(mutex_);
    numbers_.pending = mails;
}

MailCounts::Numbers MailCounts::read() const {
    const std::lock_guard lock(mutex_);
    return numbers_;
}

MailCounts& MailCountsFamily::add(const prometheus::Labels& labels) {
    const std::lock_guard lock(mutex_);
    return members_[labels];
}

void MailCountsFamily::remove(const MailCounts* counts) {
    const std::lock_guard lock(mutex_);
    std::erase_if(members_, [counts](const auto& member) { return &member.second == counts; });
}

std::vector<prometheus::MetricFamily> MailCountsFamily::collect() const {
    using prometheus::MetricType;
    const std::lock_guard lock(mutex_);
    const std::size_t probes = members_.size();
    auto started = family("mails_started_total", "Test mails begun.", MetricType::Counter, probes);
    auto restored =
        family("mails_restored_total", "Mails without a verdict that an earlier run left.",
               MetricType::Counter, probes);
    auto verdicts = family("verdicts_total", "Test mails by their one final verdict.",
                           MetricType::Counter, probes * kVerdicts.size());
    auto pending = family("pending_mails", "Mails without a verdict.", MetricType::Gauge, probes);
    for (const auto& [labels, counts] : members_) {
        const MailCounts::Numbers numbers = counts.read();
        add_count(started, labels, numbers.started);
        add_count(restored, labels, numbers.restored);
        add_to(pending, labels).gauge.value = static_cast<double>(numbers.pending);
        for (const Verdict verdict : kVerdicts) {
            prometheus::Labels more = labels;
            more["verdict"] = to_string(verdict);
            add_count(verdicts, more, numbers.verdicts[static_cast<std::size_t>(verdict)]);
        }
    }
    std::vector<prometheus::MetricFamily> all;
    for (prometheus::MetricFamily* one : {&started, &restored, &verdicts, &pending})
        all.push_back(std::move(*one));
    return all;
}

}  // namespace mailprobed
