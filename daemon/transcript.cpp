// SPDX-License-Identifier: Apache-2.0
// Columns of the transcript: seconds since the start, protocol, who speaks, what.
#include "daemon/transcript.hpp"

#include "daemon/labels.hpp"
#include "daemon/text.hpp"

#include <fmt/format.h>

#include <ostream>
#include <utility>

namespace mailprobed {

namespace {

std::string_view mark_of(Speaker who) noexcept {
    switch (who) {
        case Speaker::client:
            return "C:";
        case Speaker::server:
            return "S:";
        case Speaker::note:
            return "--";
    }
    return "--";
}

}  // namespace

std::string readable(Duration duration) {
    const double seconds = to_seconds(duration);
    if (seconds < 0.01) return fmt::format("{:.2f} ms", seconds * 1e3);
    if (seconds < 1) return fmt::format("{:.1f} ms", seconds * 1e3);
    if (seconds < 60) return fmt::format("{:.3f} s", seconds);
    return fmt::format("{:.1f} s", seconds);
}

Transcript::Transcript(std::ostream& out, Now now)
    : out_(out), now_(std::move(now)), start_(now_()) {}

void Transcript::line(std::string_view protocol, std::string_view mark, std::string_view text) {
    // Lines of sessions are escaped already; this also holds for texts that come another way.
    out_ << fmt::format("{:9.3f} {:4} {} {}\n", to_seconds(now_() - start_), protocol, mark,
                        printable(text))
         << std::flush;
}

void Transcript::stage(const StageTime& time) {
    if (time.protocol == Protocol::pop3 && look_ended_) {
        std::erase_if(stages_, [](const StageTime& s) { return s.protocol == Protocol::pop3; });
        look_ended_ = false;
    }
    stages_.push_back(time);
    note(to_string(time.protocol),
         fmt::format("{} {} in {}", to_string(time.stage),
                     time.cause ? fmt::format("failed ({})", to_string(*time.cause)) : "done",
                     readable(time.took)));
}

void Transcript::mail_started(const MailStarted& fact) {
    note("", fmt::format("mail {:016x} of probe {}", fact.mail, fact.probe));
}

void Transcript::stage_done(const StageDone& fact) {
    stage({Protocol::smtp, fact.stage, fact.took, fact.cause});
}

void Transcript::look_stage_done(std::string_view /*mailbox*/, Stage which, Duration took,
                                 std::optional<Cause> cause) {
    stage({Protocol::pop3, which, took, cause});
}

void Transcript::look_done(const LookDone& fact) {
    ++looks_;
    look_ended_ = true;
    std::string text = fmt::format("look {} {} in {}", looks_,
                                   fact.complete ? "complete" : "incomplete", readable(fact.took));
    if (fact.messages) text += fmt::format(", {} messages", *fact.messages);
    if (fact.deleted > 0) text += fmt::format(", {} deleted", fact.deleted);
    if (fact.failure) {
        text +=
            fmt::format(": {} {}", to_string(fact.failure->stage), to_string(fact.failure->cause));
    }
    if (!fact.detail.empty()) text += fmt::format(" ({})", fact.detail);
    note(to_string(Protocol::pop3), text);
}

void Transcript::mail_judged(const MailJudged& fact) {
    judgement_ = Judgement{fact.verdict,    fact.failure,  std::string(fact.detail),
                           fact.round_trip, fact.delivery, fact.uncertainty,
                           fact.body};
    note("", fmt::format("verdict: {}", to_string(fact.verdict)));
}

void Transcript::evidence_found(const EvidenceFound& fact) {
    note("", fmt::format("after the verdict: {}", to_string(fact.kind)));
}

void Transcript::tag_rejected(std::string_view mailbox, TagReject reason) {
    note(to_string(Protocol::pop3),
         fmt::format("a tag in mailbox {} was rejected: {}", mailbox, to_string(reason)));
}

void Transcript::connected(std::string_view account, Protocol protocol, IpFamily family) {
    note(to_string(protocol),
         fmt::format("connected for account {} over IP{}", account, family_label(family)));
}

void Transcript::encrypted(std::string_view /*account*/, Protocol protocol, const TlsFacts& facts) {
    note(to_string(protocol), fmt::format("encrypted with {} {}", facts.version, facts.cipher));
}

void Transcript::transcript_line(std::string_view /*who_for*/, Protocol protocol, Speaker who,
                                 std::string_view text) {
    line(to_string(protocol), mark_of(who), text);
}

void Transcript::internal_error(std::string_view where, std::string_view what) {
    note("", fmt::format("internal error in {}: {}", where, what));
}

void Transcript::summary() {
    out_ << "\nverdict      " << (judgement_ ? to_string(judgement_->verdict) : "none") << '\n';
    if (judgement_ && judgement_->failure) {
        out_ << "failed at    " << to_string(judgement_->failure->stage) << ", "
             << to_string(judgement_->failure->cause) << '\n';
    }
    if (judgement_ && !judgement_->detail.empty()) {
        out_ << "detail       " << printable(judgement_->detail) << '\n';
    }
    if (judgement_ && judgement_->verdict == Verdict::delivered) {
        out_ << "round trip   " << readable(judgement_->round_trip) << "\nuncertainty  "
             << readable(judgement_->uncertainty) << "\ndelivery     "
             << readable(judgement_->delivery) << "\nbody         " << to_string(judgement_->body)
             << '\n';
    }
    out_ << "looks        " << looks_ << '\n';
    if (!stages_.empty()) out_ << "stages\n";
    for (const StageTime& time : stages_) {
        out_ << fmt::format("  {:4} {:9} {:>10}", to_string(time.protocol), to_string(time.stage),
                            readable(time.took));
        if (time.cause) out_ << "  " << to_string(*time.cause);
        out_ << '\n';
    }
    out_ << std::flush;
}

}  // namespace mailprobed
