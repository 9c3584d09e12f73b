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
      records_(observer.wants_records()),
      keeps_lines_(records_ && observer.wants_transcripts()) {}

void ObserverTrace::stage_began(Stage stage, Instant at) {
    stage_began_ = at;
    if (records_) recorder_.stage_began(stage, at);
}

void ObserverTrace::stage_ended(Stage stage, Instant at, std::optional<Cause> cause) {
    ended_(stage, at - stage_began_, cause);
    if (records_) recorder_.stage_ended(stage, at, cause);
}

bool ObserverTrace::wants_lines() const {
    return keeps_lines_ || observer_.wants_lines();
}

std::string ObserverTrace::masked(std::string text, bool open_end) {
    return masks_.masked(std::move(text), open_end);
}

void ObserverTrace::line(Speaker who, std::string_view text) {
    if (keeps_lines_) recorder_.line(who, text, BootClock::now());
    if (observer_.wants_lines()) {
        observer_.transcript_line(subject_.who_for, subject_.protocol, who, text);
    }
}

void ObserverTrace::connected(IpFamily family) {
    observer_.connected(subject_.account, subject_.protocol, family);
}

void ObserverTrace::encrypted(const TlsFacts& facts) {
    observer_.encrypted(subject_.account, subject_.protocol, facts);
}

}  // namespace mailprobed
