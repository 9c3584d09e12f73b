// SPDX-License-Identifier: Apache-2.0
// Facts for tests of observers: about probe "p" and mailbox "a" unless said otherwise.
#pragma once

#include "probes/monitor/observer.hpp"

#include <optional>
#include <string_view>

namespace mailprobed::daemon_test {

inline constexpr std::chrono::sys_seconds kWhen{std::chrono::seconds{1'700'000'000}};

inline MailStarted started(std::string_view probe = "p") {
    MailStarted fact;
    fact.probe = probe;
    fact.mail = 0xa1;
    fact.at = kWhen;
    return fact;
}

inline StageDone stage(Stage which, Duration took = {}, std::optional<Cause> cause = {}) {
    StageDone fact;
    fact.probe = "p";
    fact.mail = 0xa1;
    fact.stage = which;
    fact.took = took;
    fact.cause = cause;
    return fact;
}

inline MailJudged judged(Verdict verdict, std::optional<StageCause> failure = {}) {
    MailJudged fact;
    fact.probe = "p";
    fact.mail = 0xa1;
    fact.verdict = verdict;
    fact.at = kWhen;
    fact.failure = failure;
    return fact;
}

inline MailJudged delivered(Duration round_trip) {
    MailJudged fact = judged(Verdict::delivered);
    fact.handed = fact.started + std::chrono::milliseconds{100};
    fact.upper = fact.started + round_trip;
    fact.lower = fact.upper - std::chrono::milliseconds{30};
    fact.body = BodyState::intact;
    return fact;
}

inline EvidenceFound evidence(Evidence kind, std::optional<Duration> latency = {}) {
    EvidenceFound fact;
    fact.probe = "p";
    fact.mail = 0xa1;
    fact.kind = kind;
    fact.latency = latency;
    return fact;
}

inline PendingState pending(std::uint64_t count, std::optional<WallTime> oldest = {}) {
    PendingState fact;
    fact.probe = "p";
    fact.count = count;
    fact.oldest = oldest;
    return fact;
}

inline LookDone look(std::optional<StageCause> failure = {}, WallTime at = kWhen) {
    LookDone fact;
    fact.mailbox = "a";
    fact.complete = !failure;
    fact.failure = failure;
    fact.at = at;
    return fact;
}

}  // namespace mailprobed::daemon_test
