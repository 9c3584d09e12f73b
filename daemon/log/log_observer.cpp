// SPDX-License-Identifier: Apache-2.0
// Which fact is logged at which level, with which fields.
#include "daemon/log/log_observer.hpp"

#include <fmt/format.h>

#include <vector>

namespace mailprobed {

namespace {

std::string hex(std::uint64_t mail) {
    return fmt::format("{:016x}", mail);
}

}  // namespace

void LogObserver::take(const ProbeRestored& fact) {
    if (fact.mails == 0) return;
    log_.write(LogLevel::info, "restored", {{"probe", fact.probe}, {"mails", fact.mails}});
}

void LogObserver::take(const AttemptRefused& fact) {
    log_.write(LogLevel::info, "attempt_refused",
               {{"probe", fact.probe},
                {"mail", hex(fact.mail)},
                {"stage", to_string(fact.failure.stage)},
                {"cause", to_string(fact.failure.cause)}});
}

void LogObserver::take(const MailStarted& fact) {
    if (!log_.enabled(LogLevel::debug)) return;
    log_.write(LogLevel::debug, "mail_started",
               {{"probe", fact.probe}, {"mail", hex(fact.mail)}, {"start_lag", fact.start_lag}});
}

void LogObserver::take(const StageDone& fact) {
    if (!log_.enabled(LogLevel::debug)) return;
    const std::string_view outcome = fact.cause ? to_string(*fact.cause) : "ok";
    log_.write(LogLevel::debug, "stage",
               {{"probe", fact.probe},
                {"mail", hex(fact.mail)},
                {"stage", to_string(fact.stage)},
                {"took", fact.took},
                {"result", outcome}});
}

void LogObserver::take(const MailJudged& fact) {
    const bool delivered = fact.verdict == Verdict::delivered;
    const LogLevel level = delivered ? LogLevel::info : LogLevel::warning;
    if (!log_.enabled(level)) return;
    const std::string mail = hex(fact.mail);
    std::vector<Field> fields{
        {"probe", fact.probe}, {"mail", mail}, {"verdict", to_string(fact.verdict)}};
    if (delivered) {
        fields.emplace_back("round_trip", fact.round_trip());
        fields.emplace_back("uncertainty", fact.uncertainty());
        fields.emplace_back("delivery", fact.delivery());
        fields.emplace_back("body", to_string(fact.body));
        if (fact.deadline_uncertain) fields.emplace_back("deadline_uncertain", true);
        if (fact.unmeasured) fields.emplace_back("unmeasured", true);
    }
    if (fact.attempt > 1) fields.emplace_back("attempt", std::uint64_t{fact.attempt});
    if (fact.status_class) fields.emplace_back("status_class", to_string(*fact.status_class));
    if (fact.failure) {
        fields.emplace_back("stage", to_string(fact.failure->stage));
        fields.emplace_back("cause", to_string(fact.failure->cause));
    }
    if (!fact.detail.empty()) fields.emplace_back("detail", fact.detail);
    log_.write(level, "mail", fields);
}

void LogObserver::take(const EvidenceFound& fact) {
    const LogLevel level =
        fact.kind == Evidence::contradiction ? LogLevel::warning : LogLevel::info;
    const std::string mail = hex(fact.mail);
    std::vector<Field> fields{
        {"probe", fact.probe}, {"mail", mail}, {"kind", to_string(fact.kind)}};
    if (fact.latency) fields.emplace_back("latency", *fact.latency);
    log_.write(level, "after_verdict", fields);
}

void LogObserver::take(const TickMissed& fact) {
    log_.write(LogLevel::warning, "tick_missed",
               {{"probe", fact.probe}, {"reason", to_string(fact.reason)}, {"count", fact.count}});
}

void LogObserver::take(const ProbeGone& fact) {
    log_.write(LogLevel::info, "probe_gone", {{"probe", fact.probe}});
}

void LogObserver::take(const MailboxGone& fact) {
    log_.write(LogLevel::info, "mailbox_gone", {{"mailbox", fact.mailbox}});
    const auto trouble = troubles_.find(fact.mailbox);
    if (trouble != troubles_.end()) troubles_.erase(trouble);
}

void LogObserver::take(const LookDone& fact) {
    if (fact.came_again != 0) {
        log_.write(LogLevel::warning, "removal_undone",
                   {{"mailbox", fact.mailbox}, {"mails", fact.came_again}});
    }
    if (fact.sizes_change) {
        log_.write(LogLevel::info, "sizes_change", {{"mailbox", fact.mailbox}});
    }
    if (fact.failure) {
        look_failed(fact, *fact.failure);
        return;
    }
    const auto trouble = troubles_.find(fact.mailbox);
    if (fact.complete && trouble != troubles_.end()) {
        log_.write(LogLevel::info, "look_recovered",
                   {{"mailbox", fact.mailbox}, {"failed_looks", trouble->second.looks}});
        troubles_.erase(trouble);
    }
    log_.write(LogLevel::debug, "look",
               {{"mailbox", fact.mailbox},
                {"complete", fact.complete},
                {"took", fact.took},
                {"messages", fact.messages.value_or(0)},
                {"deleted", fact.deleted}});
}

void LogObserver::look_failed(const LookDone& fact, StageCause failure) {
    const auto [entry, fresh] = troubles_.try_emplace(std::string(fact.mailbox));
    Trouble& trouble = entry->second;
    ++trouble.looks;
    // A wall clock that was set back must not silence the log.
    const bool recent = fact.at >= trouble.told_at && fact.at - trouble.told_at < kRepeatEvery;
    if (!fresh && trouble.failure == failure && recent) {
        ++trouble.quiet;
        return;
    }
    std::vector<Field> fields{{"mailbox", fact.mailbox},
                              {"stage", to_string(failure.stage)},
                              {"cause", to_string(failure.cause)},
                              {"took", fact.took}};
    if (trouble.quiet > 0) fields.emplace_back("not_logged", trouble.quiet);
    if (!fact.detail.empty()) fields.emplace_back("detail", fact.detail);
    log_.write(LogLevel::warning, "look_failed", fields);
    trouble.failure = failure;
    trouble.told_at = fact.at;
    trouble.quiet = 0;
}

void LogObserver::take(const TagRejected& fact) {
    // Strangers can cause these at will, so they are counted by the metrics and told at debug only.
    log_.write(LogLevel::debug, "tag_rejected",
               {{"mailbox", fact.mailbox}, {"reason", to_string(fact.reason)}});
}

void LogObserver::take(const Connected& fact) {
    log_.write(LogLevel::debug, "connected",
               {{"account", fact.account},
                {"protocol", to_string(fact.protocol)},
                {"family", to_string(fact.family)}});
}

void LogObserver::take(const Encrypted& fact) {
    log_.write(LogLevel::debug, "encrypted",
               {{"account", fact.account},
                {"protocol", to_string(fact.protocol)},
                {"version", fact.facts.version},
                {"cipher", fact.facts.cipher}});
}

void LogObserver::take(const TranscriptLine& fact) {
    log_.write(LogLevel::trace, "transcript",
               {{"for", fact.who_for},
                {"protocol", to_string(fact.protocol)},
                {"who", to_string(fact.who)},
                {"text", fact.text}});
}

void LogObserver::take(const LookStageDone& fact) {
    const std::string_view outcome = fact.cause ? to_string(*fact.cause) : "ok";
    log_.write(LogLevel::debug, "look_stage",
               {{"mailbox", fact.mailbox},
                {"stage", to_string(fact.stage)},
                {"took", fact.took},
                {"result", outcome}});
}

void LogObserver::take(const InternalError& fact) {
    log_.write(LogLevel::error, "internal_error", {{"where", fact.where}, {"what", fact.what}});
}

}  // namespace mailprobed
