// SPDX-License-Identifier: Apache-2.0
// Lines cost most: they are built only where somebody wants them.
#include "probes/monitor/observer_trace.hpp"

#include "probes/net/boot_clock.hpp"

#include <utility>

namespace mailprobed {

ObserverTrace::ObserverTrace(Observer& observer, TraceSubject subject, RouteMasks masks,
                             StageEnded ended)
    : observer_(observer),
      subject_(subject),
      masks_(std::move(masks)),
      ended_(std::move(ended)),
      interest_(observer.interest()) {}

void ObserverTrace::stage_began(Stage stage, Instant at) {
    stage_began_ = at;
    if (interest_.records) recorder_.stage_began(stage, at);
}

void ObserverTrace::stage_ended(Stage stage, Instant at, std::optional<Cause> cause) {
    ended_(stage, at - stage_began_, cause);
    if (interest_.records) recorder_.stage_ended(stage, at, cause);
}

bool ObserverTrace::wants_lines() const {
    return keeps_lines() || interest_.lines;
}

std::string ObserverTrace::masked(std::string text, bool open_end) {
    return masks_.masked(std::move(text), open_end);
}

void ObserverTrace::line(Speaker who, std::string_view text) {
    if (keeps_lines()) recorder_.line(who, text, BootClock::now());
    if (interest_.lines) {
        observer_.on(TranscriptLine{subject_.who_for, subject_.protocol, who, text});
    }
}

void ObserverTrace::connected(IpFamily family) {
    observer_.on(Connected{subject_.account, subject_.protocol, family});
}

void ObserverTrace::encrypted(const TlsFacts& facts) {
    observer_.on(Encrypted{subject_.account, subject_.protocol, facts});
}

}  // namespace mailprobed
