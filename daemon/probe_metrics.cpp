// SPDX-License-Identifier: Apache-2.0
// What each fact about a probe changes.
#include "daemon/probe_metrics.hpp"

#include "daemon/labels.hpp"

#include <algorithm>
#include <bit>

namespace mailprobed {

namespace {

constexpr unsigned kRecentMask = 0x3FF;

/// Stages whose times are exported; the others are short, and each costs two series.
constexpr std::array kTimedStages{Stage::connect, Stage::tls,      Stage::starttls, Stage::greeting,
                                  Stage::auth,    Stage::envelope, Stage::accept};

const prometheus::Histogram::BucketBoundaries& round_trip_buckets() {
    static const prometheus::Histogram::BucketBoundaries buckets{
        0.1, 0.25, 0.5, 1,   2,   3,   5,   7.5, 10,   15,   20,   30,
        45,  60,   90,  120, 180, 300, 600, 900, 1800, 3600, 7200, 14400};
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

prometheus::Labels info_labels(const ProbeSettings& probe) {
    prometheus::Labels labels{{"probe", probe.name}, {"from", probe.from}, {"to", probe.to}};
    for (const auto& [name, value] : probe.labels)
        labels.try_emplace(info_label(name), value);
    return clean(std::move(labels));
}

}  // namespace

double unix_seconds(WallTime at) noexcept {
    return std::chrono::duration<double>(at.time_since_epoch()).count();
}

ProbeMetrics::ProbeMetrics(ProbeFamilies& families, const ProbeSettings& probe,
                           const AccountSettings* from, const AccountSettings* to)
    : slo_latency_(to_seconds(probe.slo_latency)),
      labels_(clean({{"probe", probe.name}})),
      mails_started_(families.mails_started.Add(labels_)),
      mails_restored_(families.mails_restored.Add(labels_)),
      send_failures_(families.send_failures, labels_, Side::sending, mode_of(from)),
      altered_mails_(families.altered_mails.Add(labels_)),
      unmeasured_mails_(families.unmeasured_mails.Add(labels_)),
      deadline_uncertain_(families.deadline_uncertain.Add(labels_)),
      slo_good_(families.slo_good.Add(labels_)),
      round_trip_(families.round_trip.Add(labels_, round_trip_buckets())),
      delivery_(families.delivery.add(labels_)),
      late_(families.late.add(labels_)),
      start_lag_(families.start_lag.add(labels_)),
      transit_(families.transit.Add(labels_)),
      last_round_trip_(families.last_round_trip.Add(labels_)),
      last_uncertainty_(families.last_uncertainty.Add(labels_)),
      probe_up_(families.probe_up.Add(labels_)),
      bad_streak_(families.bad_streak.Add(labels_)),
      recent_bad_(families.recent_bad.Add(labels_)),
      pending_mails_(families.pending_mails.Add(labels_)),
      oldest_pending_(families.oldest_pending.Add(labels_)),
      last_started_(families.last_started.Add(labels_)),
      last_delivered_(families.last_delivered.Add(labels_)),
      last_verdict_(families.last_verdict.Add(labels_)) {
    for (std::size_t i = 0; i < kVerdicts.size(); ++i) {
        verdicts_[i] = &families.verdicts.Add(with(labels_, "verdict", to_string(kVerdicts[i])));
    }
    for (std::size_t i = 0; i < kEvidences.size(); ++i) {
        after_verdict_[i] =
            &families.after_verdict.Add(with(labels_, "kind", to_string(kEvidences[i])));
    }
    for (std::size_t i = 0; i < kMissReasons.size(); ++i) {
        ticks_missed_[i] =
            &families.ticks_missed.Add(with(labels_, "reason", to_string(kMissReasons[i])));
    }
    for (const Stage stage : stages_of(Side::sending, mode_of(from))) {
        if (std::ranges::find(kTimedStages, stage) == kTimedStages.end()) continue;
        stage_seconds_.emplace_back(
            stage, &families.stage_seconds.add(with(labels_, "stage", to_string(stage))));
    }
    families.interval.Add(labels_).Set(to_seconds(probe.interval));
    families.deadline.Add(labels_).Set(to_seconds(probe.deadline));
    families.slo_latency.Add(labels_).Set(slo_latency_);
    families.info.Add(info_labels(probe)).Set(1);
    add_optional(families, probe, from, to);
}

void ProbeMetrics::add_optional(ProbeFamilies& families, const ProbeSettings& probe,
                                const AccountSettings* from, const AccountSettings* to) {
    if (probe.max_attempts > 1) retries_ = &families.retries.Add(labels_);
    if (probe.bounces && from != nullptr && from->pop3) {
        for (std::size_t i = 0; i < kStatusClasses.size(); ++i) {
            bounces_[i] =
                &families.bounces.Add(with(labels_, "status_class", to_string(kStatusClasses[i])));
        }
    }
    if (to != nullptr && to->pop3 && !to->pop3->authserv_id.empty()) {
        for (std::size_t i = 0; i < kMethods.size(); ++i) {
            authentication_[i] = &families.authentication.Add(with(labels_, "method", kMethods[i]));
        }
    }
}

void ProbeMetrics::restored(const ProbeRestored& fact) {
    const RememberedProbe& state = fact.state;
    mails_restored_.Increment(static_cast<double>(fact.mails));
    if (state.last_started) last_started_.Set(unix_seconds(*state.last_started));
    if (state.last_delivered) last_delivered_.Set(unix_seconds(*state.last_delivered));
    if (state.last_verdict) last_verdict_.Set(unix_seconds(*state.last_verdict));
    if (state.last_round_trip) last_round_trip_.Set(to_seconds(*state.last_round_trip));
    if (state.last_uncertainty) last_uncertainty_.Set(to_seconds(*state.last_uncertainty));
    recent_ = state.recent_bad & kRecentMask;
    recent_bad_.Set(std::popcount(recent_));
    bad_streak_.Set(static_cast<double>(state.bad_streak));
    probe_up_.Set(state.judged && state.bad_streak == 0 ? 1 : 0);
}

void ProbeMetrics::attempt_refused() {
    if (retries_ != nullptr) retries_->Increment();
}

void ProbeMetrics::mail_started(const MailStarted& fact) {
    mails_started_.Increment();
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
    verdicts_[static_cast<std::size_t>(fact.verdict)]->Increment();
    last_verdict_.Set(unix_seconds(fact.at));
    if (fact.verdict == Verdict::delivered) delivered(fact);
    if (fact.verdict == Verdict::send_failed) {
        // The contract promises a pair; without it the counts must still add up.
        send_failures_.count(fact.failure.value_or(StageCause{Stage::accept, Cause::internal}));
    }
    if (fact.status_class) {
        auto* bounces = bounces_[static_cast<std::size_t>(*fact.status_class)];
        if (bounces != nullptr) bounces->Increment();
    }
    remember(fact.verdict != Verdict::delivered);
}

void ProbeMetrics::delivered(const MailJudged& fact) {
    const double round_trip = to_seconds(fact.round_trip);
    last_delivered_.Set(unix_seconds(fact.at));
    last_round_trip_.Set(round_trip);
    last_uncertainty_.Set(to_seconds(fact.uncertainty));
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
    delivery_.observe(to_seconds(fact.delivery));
}

void ProbeMetrics::remember(bool bad) {
    recent_ = ((recent_ << 1U) | (bad ? 1U : 0U)) & kRecentMask;
    recent_bad_.Set(std::popcount(recent_));
    probe_up_.Set(bad ? 0 : 1);
    if (bad) {
        bad_streak_.Increment();
    } else {
        bad_streak_.Set(0);
    }
}

void ProbeMetrics::evidence_found(const EvidenceFound& fact) {
    after_verdict_[static_cast<std::size_t>(fact.kind)]->Increment();
    if (fact.kind == Evidence::late && fact.latency) late_.observe(to_seconds(*fact.latency));
}

void ProbeMetrics::pending_changed(const PendingState& fact) {
    pending_mails_.Set(static_cast<double>(fact.count));
    oldest_pending_.Set(fact.oldest ? unix_seconds(*fact.oldest) : 0);
}

void ProbeMetrics::tick_missed(MissReason reason, std::uint64_t count) {
    ticks_missed_[static_cast<std::size_t>(reason)]->Increment(static_cast<double>(count));
}

}  // namespace mailprobed
