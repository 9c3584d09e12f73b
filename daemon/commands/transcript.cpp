// SPDX-License-Identifier: Apache-2.0
// Columns of the transcript: seconds since the start, protocol, who speaks, what.
#include "daemon/commands/transcript.hpp"

#include "probes/base/text.hpp"

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

/// The mailbox that a line is about; empty where it is of a submission.
std::string_view whose(Protocol protocol, std::string_view account) noexcept {
    return protocol == Protocol::pop3 ? account : std::string_view();
}

}  // namespace

std::string readable(Duration duration) {
    const double seconds = to_seconds(duration);
    if (seconds < 0.01) return fmt::format("{:.2f} ms", seconds * 1e3);
    if (seconds < 1) return fmt::format("{:.1f} ms", seconds * 1e3);
    if (seconds < 60) return fmt::format("{:.3f} s", seconds);
    return fmt::format("{:.1f} s", seconds);
}

Transcript::Transcript(std::ostream& out, Now now, std::string sender)
    : out_(out), now_(std::move(now)), sender_(std::move(sender)), start_(now_()) {}

bool Transcript::is_sender(std::string_view mailbox) const noexcept {
    return !sender_.empty() && mailbox == sender_;
}

std::string Transcript::mark_of(std::string_view mailbox, Speaker who) const {
    std::string mark(mailprobed::mark_of(who));
    // Two mailboxes may be read at the same time.
    return is_sender(mailbox) ? sender_ + ' ' + mark : mark;
}

std::string Transcript::text_of(const StageTime& time) {
    return fmt::format("{} {} in {}", to_string(time.stage),
                       time.cause ? fmt::format("failed ({})", to_string(*time.cause)) : "done",
                       readable(time.took));
}

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
    note(to_string(time.protocol), text_of(time));
}

void Transcript::take(const MailStarted& fact) {
    note("", fmt::format("mail {:016x} of probe {}", fact.mail, fact.probe));
}

void Transcript::take(const StageDone& fact) {
    stage({Protocol::smtp, fact.stage, fact.took, fact.cause});
}

void Transcript::take(const LookStageDone& fact) {
    if (is_sender(fact.mailbox)) {
        line(to_string(Protocol::pop3), mark_of(fact.mailbox, Speaker::note),
             text_of({Protocol::pop3, fact.stage, fact.took, fact.cause}));
        return;
    }
    stage({Protocol::pop3, fact.stage, fact.took, fact.cause});
}

void Transcript::take(const LookDone& fact) {
    const bool for_reports = is_sender(fact.mailbox);
    if (!for_reports) {
        ++looks_;
        look_ended_ = true;
    }
    std::string text = for_reports ? "look for reports" : fmt::format("look {}", looks_);
    text +=
        fmt::format(" {} in {}", fact.complete ? "complete" : "incomplete", readable(fact.took));
    if (fact.messages) text += fmt::format(", {} messages", *fact.messages);
    if (fact.deleted > 0) text += fmt::format(", {} deleted", fact.deleted);
    if (fact.failure) {
        text +=
            fmt::format(": {} {}", to_string(fact.failure->stage), to_string(fact.failure->cause));
    }
    if (!fact.detail.empty()) text += fmt::format(" ({})", fact.detail);
    line(to_string(Protocol::pop3), mark_of(fact.mailbox, Speaker::note), text);
}

void Transcript::take(const MailJudged& fact) {
    judged_ = fact;
    note("", fmt::format("verdict: {}", to_string(fact.verdict)));
}

void Transcript::take(const EvidenceFound& fact) {
    note("", fmt::format("after the verdict: {}", to_string(fact.kind)));
}

void Transcript::take(const TagRejected& fact) {
    note(to_string(Protocol::pop3),
         fmt::format("a tag in mailbox {} was rejected: {}", fact.mailbox, to_string(fact.reason)));
}

void Transcript::take(const Connected& fact) {
    line(to_string(fact.protocol), mark_of(whose(fact.protocol, fact.account), Speaker::note),
         fmt::format("connected for account {} over IP{}", fact.account, to_string(fact.family)));
}

void Transcript::take(const Encrypted& fact) {
    line(to_string(fact.protocol), mark_of(whose(fact.protocol, fact.account), Speaker::note),
         fmt::format("encrypted with {} {}", fact.facts.version, fact.facts.cipher));
}

void Transcript::take(const TranscriptLine& fact) {
    line(to_string(fact.protocol), mark_of(whose(fact.protocol, fact.who_for), fact.who),
         fact.text);
}

void Transcript::take(const InternalError& fact) {
    note("", fmt::format("internal error in {}: {}", fact.where, fact.what));
}

void Transcript::summary() {
    out_ << "\nverdict      " << (judged_ ? to_string(judged_->verdict) : "none") << '\n';
    if (judged_ && judged_->failure) {
        out_ << "failed at    " << to_string(judged_->failure->stage) << ", "
             << to_string(judged_->failure->cause) << '\n';
    }
    if (judged_ && judged_->status_class)
        out_ << "class        " << to_string(*judged_->status_class) << '\n';
    if (judged_ && !judged_->detail.empty()) {
        out_ << "detail       " << printable(judged_->detail) << '\n';
    }
    if (judged_ && judged_->verdict == Verdict::delivered) {
        out_ << "round trip   " << readable(judged_->round_trip()) << "\nuncertainty  "
             << readable(judged_->uncertainty()) << "\ndelivery     "
             << readable(judged_->delivery()) << "\nbody         " << to_string(judged_->body)
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
