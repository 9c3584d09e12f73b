// SPDX-License-Identifier: Apache-2.0
// What each fact about a probe changes.
#include "daemon/metrics/probe_metrics.hpp"

#include "daemon/metrics/round_trip_buckets.hpp"

#include <algorithm>
#include <bit>

namespace mailprobed {

namespace {

/// Stages whose times are exported; the others are short, and each costs two series.
constexpr std::array kTimedStages{Stage::connect, Stage::tls,      Stage::starttls, Stage::greeting,
                                  Stage::auth,    Stage::envelope, Stage::accept};

const prometheus::Histogram::BucketBoundaries& round_trip_buckets() {
    static const prometheus::Histogram::BucketBoundaries buckets(kRoundTripBuckets.begin(),
                                                                 kRoundTripBuckets.end());
    return buckets;
}

prometheus::Labels with(prometheus::Labels labels, const char* name, std::string_view value) {
    labels[name] = value;
    return labels;
}

constexpr std::array<const char*, 3> kMethods{"spf", "dkim", "dmarc"};

TlsMode mode_of(const AccountSettings* from) {
    return from != nullptr && from->smtp ? from->smtp->server.tls : TlsMode::implicit;
}

/// `name` as a label name that Prometheus accepts and that the program does not use itself:
/// other characters become underscores, and clashes get the prefix `label_`.
std::string info_label(std::string_view name) {
    std::string result;
    for (const char c : name) {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        const bool digit = c >= '0' && c <= '9';
        result.push_back(letter || digit ? c : '_');
    }
    // Two leading underscores are reserved for Prometheus itself.
    const bool taken = result == "probe" || result == "from" || result == "to" ||
                       result == "mailbox" || result.starts_with("__") || result.empty();
    const bool digit_first = !result.empty() && result[0] >= '0' && result[0] <= '9';
    return taken || digit_first ? "label_" + result : result;
}

prometheus::Labels info_labels(const ProbeSettings& probe, std::string_view mailbox) {
    prometheus::Labels labels{{"probe", probe.name},
                              {"from", probe.from},
                              {"to", probe.to},
                              {"mailbox", std::string(mailbox)}};
    for (const auto& [name, value] : probe.labels)
        labels.try_emplace(info_label(name), value);
    return clean(std::move(labels));
}

}  // namespace

double unix_seconds(WallTime at) noexcept {
    return std::chrono::duration<double>(at.time_since_epoch()).count();
}

ProbeMetrics::ProbeMetrics(ProbeFamilies& families, const ProbeSettings& probe,
                           const AccountSettings* from, const AccountSettings* to,
                           std::string_view mailbox)
    : slo_latency_(to_seconds(probe.slo_latency)),
      labels_(clean({{"probe", probe.name}})),
      mails_(series_.add(families.mails, labels_)),
      send_failures_(series_, families.send_failures, labels_, Side::sending, mode_of(from)),
      altered_mails_(series_.add(families.altered_mails, labels_)),
      unmeasured_mails_(series_.add(families.unmeasured_mails, labels_)),
      deadline_uncertain_(series_.add(families.deadline_uncertain, labels_)),
      slo_good_(series_.add(families.slo_good, labels_)),
      round_trip_(series_.add(families.round_trip, labels_, round_trip_buckets())),
      delivery_(series_.add(families.delivery, labels_)),
      late_(series_.add(families.late, labels_)),
      start_lag_(series_.add(families.start_lag, labels_)),
      transit_(series_.add(families.transit, labels_)),
      last_round_trip_(series_.add(families.last_round_trip, labels_)),
      last_uncertainty_(series_.add(families.last_uncertainty, labels_)),
      probe_up_(series_.add(families.probe_up, labels_)),
      bad_streak_(series_.add(families.bad_streak, labels_)),
      recent_bad_(series_.add(families.recent_bad, labels_)),
      oldest_pending_(series_.add(families.oldest_pending, labels_)),
      last_started_(series_.add(families.last_started, labels_)),
      last_delivered_(series_.add(families.last_delivered, labels_)),
      last_verdict_(series_.add(families.last_verdict, labels_)) {
    for (std::size_t i = 0; i < kEvidences.size(); ++i) {
        after_verdict_[i] =
            &series_.add(families.after_verdict, with(labels_, "kind", to_string(kEvidences[i])));
    }
    for (std::size_t i = 0; i < kMissReasons.size(); ++i) {
        ticks_missed_[i] = &series_.add(families.ticks_missed,
                                        with(labels_, "reason", to_string(kMissReasons[i])));
    }
    for (const Stage stage : stages_of(Side::sending, mode_of(from))) {
        if (std::ranges::find(kTimedStages, stage) == kTimedStages.end()) continue;
        stage_seconds_.emplace_back(
            stage, &series_.add(families.stage_seconds, with(labels_, "stage", to_string(stage))));
    }
    series_.add(families.interval, labels_).Set(to_seconds(probe.interval));
    series_.add(families.deadline, labels_).Set(to_seconds(probe.deadline));
    series_.add(families.slo_latency, labels_).Set(slo_latency_);
    series_.add(families.info, info_labels(probe, mailbox)).Set(1);
    add_optional(families, probe, from, to);
}

void ProbeMetrics::add_optional(ProbeFamilies& families, const ProbeSettings& probe,
                                const AccountSettings* from, const AccountSettings* to) {
    if (probe.max_attempts > 1) retries_ = &series_.add(families.retries, labels_);
    if (probe.bounces && from != nullptr && from->mailbox) {
        for (std::size_t i = 0; i < kStatusClasses.size(); ++i) {
            bounces_[i] = &series_.add(families.bounces,
                                       with(labels_, "status_class", to_string(kStatusClasses[i])));
        }
    }
    if (to != nullptr && to->mailbox && !to->mailbox->authserv_id.empty()) {
        for (std::size_t i = 0; i < kMethods.size(); ++i) {
            authentication_[i] =
                &series_.add(families.authentication, with(labels_, "method", kMethods[i]));
        }
    }
}

void ProbeMetrics::replace(ProbeMetrics& earlier) {
    history_ = earlier.history_;
    series_.replace(earlier.series_);
}

void ProbeMetrics::remove() {
    series_.remove();
}

void ProbeMetrics::restored(const ProbeRestored& fact) {
    mails_.restored(fact.mails);
    history_ = fact.history;
    if (history_.last_started) last_started_.Set(unix_seconds(*history_.last_started));
    show_history();
}

void ProbeMetrics::attempt_refused() {
    if (retries_ != nullptr) retries_->Increment();
}

void ProbeMetrics::mail_started(const MailStarted& fact) {
    mails_.started();
    start_lag_.observe(to_seconds(fact.start_lag));
    last_started_.Set(unix_seconds(fact.at));
}

void ProbeMetrics::stage_done(const StageDone& fact) {
    // The time of a failed stage is mostly its timeout: it would drown the real times.
    if (fact.cause) return;
    for (const auto& [stage, summary] : stage_seconds_) {
        if (stage == fact.stage) summary->observe(to_seconds(fact.took));
    }
}

void ProbeMetrics::mail_judged(const MailJudged& fact) {
    mails_.judged(fact.verdict);
    if (fact.verdict == Verdict::delivered) delivered(fact);
    if (fact.verdict == Verdict::send_failed) {
        // The contract promises a pair; without it the counts must still add up.
        send_failures_.count(fact.failure.value_or(StageCause{Stage::accept, Cause::internal}));
    }
    if (fact.status_class) {
        auto* bounces = bounces_[static_cast<std::size_t>(*fact.status_class)];
        if (bounces != nullptr) bounces->Increment();
    }
    history_.judged(fact, fact.at);
    show_history();
}

void ProbeMetrics::delivered(const MailJudged& fact) {
    const double round_trip = to_seconds(fact.round_trip());
    if (fact.body == BodyState::altered) altered_mails_.Increment();
    if (fact.transit) transit_.Set(to_seconds(*fact.transit));
    if (fact.authentication) {
        const std::array results{fact.authentication->spf, fact.authentication->dkim,
                                 fact.authentication->dmarc};
        for (std::size_t i = 0; i < results.size(); ++i) {
            if (authentication_[i] != nullptr) {
                authentication_[i]->Set(results[i] == AuthResult::pass ? 1 : 0);
            }
        }
    }
    if (fact.deadline_uncertain) deadline_uncertain_.Increment();
    // The round trip is an upper bound even where failed looks widened it.
    if (round_trip <= slo_latency_) slo_good_.Increment();
    if (fact.unmeasured) {
        unmeasured_mails_.Increment();
        return;
    }
    round_trip_.Observe(round_trip);
    delivery_.observe(to_seconds(fact.delivery()));
}

void ProbeMetrics::show_history() {
    if (history_.last_delivered) last_delivered_.Set(unix_seconds(*history_.last_delivered));
    if (history_.last_verdict) last_verdict_.Set(unix_seconds(*history_.last_verdict));
    if (history_.last_round_trip) last_round_trip_.Set(to_seconds(*history_.last_round_trip));
    if (history_.last_uncertainty) last_uncertainty_.Set(to_seconds(*history_.last_uncertainty));
    recent_bad_.Set(std::popcount(history_.recent_bad));
    bad_streak_.Set(static_cast<double>(history_.bad_streak));
    probe_up_.Set(history_.up() ? 1 : 0);
}

void ProbeMetrics::evidence_found(const EvidenceFound& fact) {
    after_verdict_[static_cast<std::size_t>(fact.kind)]->Increment();
    if (fact.kind == Evidence::late && fact.latency) late_.observe(to_seconds(*fact.latency));
}

void ProbeMetrics::pending_changed(const PendingState& fact) {
    mails_.pending(fact.count);
    oldest_pending_.Set(fact.oldest ? unix_seconds(*fact.oldest) : 0);
}

void ProbeMetrics::tick_missed(MissReason reason, std::uint64_t count) {
    ticks_missed_[static_cast<std::size_t>(reason)]->Increment(static_cast<double>(count));
}

}  // namespace mailprobed
