// SPDX-License-Identifier: Apache-2.0
// Times are kept relative to the first stage, so that a record is the same wherever it is read.
#include "probes/session/recorder.hpp"

namespace mailprobed {

Duration Recorder::since(Instant at) {
    if (!began_) began_ = at;
    return at - *began_;
}

void Recorder::stage_began(Stage /*stage*/, Instant at) {
    stage_began_ = at;
    static_cast<void>(since(at));
}

void Recorder::stage_ended(Stage stage, Instant at, std::optional<Cause> cause) {
    // The last one says how it ended.
    if (record_.stages.size() == kMaxStages) record_.stages.pop_back();
    record_.stages.push_back({stage, since(stage_began_), at - stage_began_, cause});
}

void Recorder::line(Speaker who, std::string_view text, Instant at) {
    if (text_ > kMaxText) return;
    text_ += text.size() + kLineCost;
    if (text_ > kMaxText) {
        record_.lines.push_back({since(at), Speaker::note, "... the rest is not kept"});
    } else {
        record_.lines.push_back({since(at), who, std::string(text)});
    }
}

}  // namespace mailprobed
