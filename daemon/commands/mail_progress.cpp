// SPDX-License-Identifier: Apache-2.0
// A few facts of the observer's as one line.
#include "daemon/commands/mail_progress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace mailprobed {
namespace {

std::string whole_seconds(Duration time) {
    const auto seconds = std::chrono::round<std::chrono::seconds>(time).count();
    return fmt::format("{} s", std::max<std::int64_t>(seconds, 0));
}

}  // namespace

MailProgress::MailProgress(std::string probe, TlsMode tls, Duration deadline, Instant start,
                           std::string sender)
    : probe_(std::move(probe)),
      sender_(std::move(sender)),
      deadline_(deadline),
      start_(start),
      stages_(stages_of(Side::sending, tls)) {}

void MailProgress::take(const StageDone& fact) {
    const auto at = std::ranges::find(stages_, fact.stage);
    if (at == stages_.end() || phase_ == Phase::waiting) return;
    phase_ = Phase::sending;
    stage_ = static_cast<std::size_t>(at - stages_.begin());
    if (!fact.cause) {
        stage_ = std::min(stage_ + 1, stages_.size() - 1);
        if (fact.stage == Stage::accept) phase_ = Phase::waiting;
        return;
    }
    failure_ = StageCause{fact.stage, *fact.cause};
    // No answer to the dot: the server may have it, and it is waited for.
    unconfirmed_ = may_have_been_taken(*failure_);
    phase_ = unconfirmed_ ? Phase::waiting : Phase::failed;
}

void MailProgress::take(const AttemptRefused& fact) {
    failure_ = fact.failure;
    phase_ = Phase::refused;
    stage_ = 0;
}

void MailProgress::take(const LookStageDone& fact) {
    if (!sender_.empty() && fact.mailbox == sender_) return;
    looking_ = true;
}

void MailProgress::take(const LookDone& fact) {
    if (!sender_.empty() && fact.mailbox == sender_) return;
    ++looks_;
    looking_ = false;
    look_failure_ = fact.complete ? std::nullopt : fact.failure;
}

std::string MailProgress::line(Instant now, std::optional<Instant> next_look) const {
    const std::string spent = whole_seconds(now - start_);
    const std::string failed =
        failure_ ? fmt::format("{} {}", to_string(failure_->stage), to_string(failure_->cause))
                 : "";
    switch (phase_) {
        case Phase::sending:
            return fmt::format("{}: sending: {}, {}", probe_, to_string(stages_[stage_]), spent);
        case Phase::refused:
            return fmt::format("{}: refused for now ({}), another attempt follows, {}", probe_,
                               failed, spent);
        case Phase::failed:
            return fmt::format("{}: sending failed ({}), {}", probe_, failed, spent);
        case Phase::waiting:
            break;
    }
    std::string text =
        fmt::format("{}: waiting: {} of {}, {} {}", probe_, spent, whole_seconds(deadline_), looks_,
                    looks_ == 1 ? "look" : "looks");
    if (looking_) {
        text += ", looking now";
    } else if (next_look && *next_look > now && *next_look != Instant::max()) {
        text += ", next in " + whole_seconds(*next_look - now);
    }
    if (unconfirmed_) text += fmt::format("; no answer to the final dot ({})", failed);
    if (look_failure_) {
        text += fmt::format("; the last look failed ({} {})", to_string(look_failure_->stage),
                            to_string(look_failure_->cause));
    }
    return text;
}

std::string MailProgress::fate() const {
    if (phase_ != Phase::waiting) return "the mail was not accepted so far";
    return "the mail is on its way; if it arrives it stays in the mailbox";
}

}  // namespace mailprobed
