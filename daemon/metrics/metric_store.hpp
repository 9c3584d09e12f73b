// SPDX-License-Identifier: Apache-2.0
// A registry of metric families, all named mailprobed_*, rendered as text; thread-safe.
#pragma once

#include "daemon/metrics/mail_counts.hpp"
#include "daemon/metrics/sum_and_count.hpp"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <deque>
#include <string>
#include <utility>
#include <vector>

namespace mailprobed {

using CounterFamily = prometheus::Family<prometheus::Counter>;
using GaugeFamily = prometheus::Family<prometheus::Gauge>;
using HistogramFamily = prometheus::Family<prometheus::Histogram>;

/// The series of one probe, mailbox or connection: they can be ended together, or handed over.
class SeriesSet {
  public:
    /// The series with these labels, made if there is none.
    template <class T, class... More>
    T& add(prometheus::Family<T>& family, const prometheus::Labels& labels, More&&... more) {
        T& series = family.Add(labels, std::forward<More>(more)...);
        members_.push_back({&series, &family, [](void* from, void* which) {
                                static_cast<prometheus::Family<T>*>(from)->Remove(
                                    static_cast<T*>(which));
                            }});
        return series;
    }
    /// The summary with these labels, made if there is none.
    SumAndCount& add(SummaryFamily& family, const prometheus::Labels& labels);
    /// The counts with these labels, made if there are none.
    MailCounts& add(MailCountsFamily& family, const prometheus::Labels& labels);

    /// Ends all of them; nobody may use them any more.
    void remove();
    /// Ends those of `earlier` that are not in this set, and leaves `earlier` empty.
    void replace(SeriesSet& earlier);

  private:
    struct Member {
        void* series = nullptr;
        void* family = nullptr;
        void (*remove)(void* family, void* series) = nullptr;
    };

    std::vector<Member> members_;
};

/// Owns all families. They are made at start-up; series and values may change during a render().
class MetricStore {
  public:
    /// Makes a family; `name` comes without the prefix.
    CounterFamily& counter(const std::string& name, const std::string& help);
    /// Makes a family.
    GaugeFamily& gauge(const std::string& name, const std::string& help);
    /// Makes a family.
    HistogramFamily& histogram(const std::string& name, const std::string& help);
    /// Makes a family of summaries without quantiles.
    SummaryFamily& summary(const std::string& name, const std::string& help);
    /// The one family of counts of mails.
    MailCountsFamily& mail_counts() noexcept { return mail_counts_; }

    /// Everything in the text format 0.0.4, and the process's own numbers.
    [[nodiscard]] std::string render() const;

  private:
    prometheus::Registry registry_;
    std::deque<SummaryFamily> summaries_;
    MailCountsFamily mail_counts_;
};

/// Label values with valid UTF-8; one bad byte would make Prometheus drop the whole scrape.
[[nodiscard]] prometheus::Labels clean(prometheus::Labels labels);

}  // namespace mailprobed
