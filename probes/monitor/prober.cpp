// SPDX-License-Identifier: Apache-2.0
// From tick to the end of a submission.
#include "probes/monitor/prober.hpp"

#include "probes/domain/identity/message.hpp"
#include "probes/domain/plan/schedule.hpp"
#include "probes/monitor/observer_trace.hpp"
#include "probes/net/boot_clock.hpp"
#include "probes/session/smtp/session.hpp"

#include <algorithm>
#include <optional>
#include <string>

namespace mailprobed {
namespace {

AnswerRecord answer_record(const Context& context, MailId mail, Answer answer,
                           const std::optional<Failure>& failure) {
    AnswerRecord record;
    record.mail = mail;
    record.answer = answer;
    if (const auto entry = context.ledger.pending_mail(mail)) {
        record.attempt = entry->attempt;
        record.handed_attempt = entry->handed_attempt;
        record.started = entry->started;
        record.handed = entry->handed;
        record.deadline = entry->deadline;
        record.grace_end = entry->grace_end;
        record.exact = entry->exact;
    }
    if (failure) {
        record.failure = StageCause{failure->stage(), failure->cause()};
        record.detail = failure->what();
    }
    return record;
}

/// Passes the moments of a submission to the ledger the instant they happen, so that a look that
/// runs at the same time sees them.
class LedgerListener final : public SendListener {
  public:
    LedgerListener(Context& context, MailId mail, const Route& route)
        : context_(context), mail_(mail), bounces_(route.bounces) {}

    void connecting(Instant at) override { context_.ledger.connecting(mail_, at); }

    void handed(Instant at) override {
        was_handed = true;
        context_.ledger.handed(mail_, at);
        // Not the route's: a reload may have moved that.
        const auto box = context_.ledger.mailbox_of(mail_);
        if (box) context_.wake(*box);
        if (bounces_) context_.wake(*bounces_);
    }

    void accepted(Instant /*at*/, std::string_view reply) override {
        was_accepted = true;
        outcome = context_.ledger.accepted(mail_, std::string(reply));
        // It has its verdict already: there is no answer to remember.
        if (!context_.ledger.deadline_of(mail_)) return;
        // Nobody needs to wait: without it the mail is unconfirmed after a crash, which is true.
        // But it must not wait for the server's answer to QUIT either.
        AnswerRecord record = answer_record(context_, mail_, Answer::accepted, std::nullopt);
        record.detail = reply;
        context_.needs.journal.note(std::move(record));
    }

    /// The process ends before the server's answer: the next run must know since when to look.
    void interrupted() {
        if (!was_handed || was_accepted || !context_.ledger.deadline_of(mail_)) return;
        const Failure failure(Stage::accept, Cause::interrupted,
                              "mailprobed was stopped before the server answered");
        context_.needs.journal.note(answer_record(context_, mail_, Answer::unconfirmed, failure));
    }

    void login_ended(LoginEnd end) override { login = end; }

    bool was_handed = false;
    bool was_accepted = false;
    LoginEnd login = LoginEnd::untold;
    Outcome outcome;

  private:
    Context& context_;
    MailId mail_;
    std::optional<MailboxIndex> bounces_;
};

/// Shows a timer to others for as long as it lives.
class Ticking {
  public:
    Ticking(BootTimer*& shown, BootTimer& timer) : shown_(shown) { shown_ = &timer; }
    Ticking(const Ticking&) = delete;
    Ticking& operator=(const Ticking&) = delete;
    ~Ticking() { shown_ = nullptr; }

  private:
    BootTimer*& shown_;
};

}  // namespace

void Prober::reconfigured() {
    if (ticking_ == nullptr) return;
    if (route().removed || route().probe->interval != interval_) ticking_->cancel();
}

Instant Prober::first_tick(const ProbeSettings& probe) const {
    const WallTime wall = wall_now();
    const Instant now = BootClock::now();
    const TickGrid grid(probe.name, probe.interval, wall, now);
    const Instant due = grid.next(now);
    const bool used = last_start_ && already_used(wall + (due - now), *last_start_, probe.interval);
    return used ? due + probe.interval : due;
}

void Prober::tick(TaskGroup& group, TickDecision decision) {
    const std::string_view name = route().probe->name;
    Observer& observer = context_.needs.observer;
    if (decision.missed > 0) observer.tick_missed(name, MissReason::stalled, decision.missed);
    if (const std::optional<MissReason> why = hindrance()) {
        observer.tick_missed(name, *why, 1);
    } else {
        group.spawn(send(decision.lag, context_.needs.new_mail_id()));
    }
}

Awaitable<void> Prober::run(TaskGroup& group) {
    BootTimer timer(context_.needs.executor);
    const Ticking ticking(ticking_, timer);
    PlannedTick planned(context_);
    while (!route().removed) {
        interval_ = route().probe->interval;
        Instant due = first_tick(*route().probe);
        for (;;) {
            planned.at(due);
            co_await sleep_until(timer, due);
            if (route().removed || route().probe->interval != interval_) break;
            const TickDecision decision = decide_tick(due, interval_, BootClock::now());
            tick(group, decision);
            due = decision.tick + interval_;
        }
    }
}

Tag Prober::tag_of(MailId mail, std::uint8_t attempt, WallTime wall) const {
    Tag tag;
    tag.instance = context_.instance;
    tag.run = context_.runs.own();
    tag.probe = probe_id(route().probe->name);
    tag.mail = mail;
    tag.attempt = attempt;
    tag.sent_ms = static_cast<std::uint64_t>(
        std::chrono::floor<std::chrono::milliseconds>(wall.time_since_epoch()).count());
    return tag;
}

Envelope Prober::compose_attempt(const Tag& tag, WallTime wall, std::uint64_t& digest) const {
    const std::string tag_text = context_.codec.write(tag);
    Envelope envelope;
    const ProbeSettings& probe = *route().probe;
    envelope.sender = route().from->address;
    envelope.recipient = probe.to_address;
    envelope.id = tag_text;
    MessageParts parts;
    parts.probe = probe.name;
    parts.instance = context_.settings->instance;
    parts.from = envelope.sender;
    parts.to = envelope.recipient;
    parts.tag = tag_text;
    parts.id_domain = std::string_view(envelope.sender).substr(envelope.sender.rfind('@') + 1);
    parts.date = wall;
    parts.interval = probe.interval;
    parts.headers = &probe.headers;
    ComposedMail mail = compose(parts);
    envelope.message = std::move(mail.text);
    digest = mail.digest;
    return envelope;
}

Awaitable<void> Prober::send(Duration lag, MailId mail) {
    const WallTime wall = wall_now();
    std::uint64_t digest = 0;
    Envelope envelope = compose_attempt(tag_of(mail, 1, wall), wall, digest);
    context_.ledger.start({mail, index_, BootClock::now(), wall, digest});
    ++context_.routes[index_].untold;
    context_.needs.observer.mail_started({route().probe->name, mail, wall, lag});
    report_pending(context_, index_);
    co_await attempts(mail, 1, std::move(envelope));
}

std::optional<MissReason> Prober::hindrance() const {
    if (!route().login->allows(BootClock::now())) return MissReason::auth_backoff;
    if (context_.sessions >= context_.needs.max_sessions) return MissReason::overload;
    return std::nullopt;
}

Awaitable<std::optional<Failure>> Prober::submit(MailId mail, std::uint8_t attempt,
                                                 Envelope envelope) {
    const SessionSlot slot(context_);
    // A reload in the middle must not take it away.
    const Route way = route();
    co_await record_intent(mail, attempt);
    // After D nothing that the server says could still make the mail a delivered one.
    const Instant give_up =
        context_.ledger.deadline_of(mail).value_or(BootClock::now() + way.probe->deadline);
    const Instant began = BootClock::now();
    LedgerListener listener(context_, mail, way);
    Observer& observer = context_.needs.observer;
    ObserverTrace trace(observer, {Protocol::smtp, way.probe->from, way.probe->name},
                        RouteMasks(context_.masks, context_.settings, ends_of(*way.probe)),
                        [&](Stage stage, Duration took, std::optional<Cause> cause) {
                            observer.stage_done({way.probe->name, mail, stage, took, cause});
                        });
    std::optional<Failure> failure;
    try {
        const auto channel = context_.needs.channels(way.from->smtp->server);
        co_await send_mail(*channel, *way.from->smtp, envelope, give_up, listener, trace);
    } catch (const Failure& error) {
        failure = error;
    } catch (const std::exception& error) {
        if (is_cancellation(std::current_exception())) {
            listener.interrupted();
            throw;
        }
        observer.internal_error("submission", error.what());
        failure = Failure(listener.was_handed ? Stage::accept : Stage::connect, Cause::internal,
                          error.what());
    }
    if (const std::optional<Instant> first = trace.began()) {
        const Duration took = BootClock::now() - *first;
        const ConversationRecord record = trace.take();
        observer.attempt_done({way.probe->name, mail, attempt, wall_now() - took, took, record});
    }
    // A reload meanwhile ended the pauses; the old password says nothing about the new one.
    const auto& half = route().from->smtp;
    if (half && *half == *way.from->smtp) {
        way.login->ended(listener.login, began, BootClock::now());
    }
    if (failure) co_return failure;
    Circumstances none;
    co_await report(context_, std::move(listener.outcome), std::move(none));
    co_return std::nullopt;
}

void Prober::wake_watcher(MailId mail) const {
    context_.wake(context_.ledger.mailbox_of(mail).value_or(route().box));
}

Awaitable<void> Prober::record_intent(MailId mail, std::uint8_t attempt) {
    const std::optional<RememberedMail> entry = context_.ledger.pending_mail(mail);
    if (!entry) co_return;
    IntentRecord intent;
    intent.mail = mail;
    intent.probe = route().probe->name;
    intent.attempt = attempt;
    intent.handed_attempt = entry->handed_attempt;
    intent.handed = entry->handed;
    intent.exact = entry->exact;
    intent.started = entry->started;
    intent.deadline = entry->deadline;
    intent.grace_end = entry->grace_end;
    intent.wall = entry->wall;
    intent.body_digest = entry->body_digest;
    intent.earlier_digests = entry->earlier_digests;
    intent.mailbox = route().mailbox_number;
    intent.tag_key = context_.codec.fingerprint();
    intent.clocks = ClockRecord{BootClock::now(), wall_now()};
    JournalRecord record = std::move(intent);
    co_await context_.needs.journal.record(std::move(record));
}

Awaitable<void> Prober::report_failure(MailId mail, Failure failure, bool again) {
    const StageCause pair = failure.pair();
    const bool open = may_have_been_taken(pair);
    Outcome outcome;
    if (open || again) {
        AnswerRecord answer =
            answer_record(context_, mail, open ? Answer::unconfirmed : Answer::retry, failure);
        if (again) answer.again_at = BootClock::now() + route().probe->retry_after;
        JournalRecord record = std::move(answer);
        co_await context_.needs.journal.record(std::move(record));
        outcome = open ? context_.ledger.unconfirmed(mail, pair, failure.what())
                       : context_.ledger.attempt_refused(mail);
        if (again) context_.needs.observer.attempt_refused(route().probe->name, mail, pair);
    } else {
        outcome = context_.ledger.send_failed(mail, pair, failure.what());
        // The verdict's own record says it all; one that fell before must learn of the refusal.
        if (outcome.judgements.empty()) {
            context_.needs.journal.note(answer_record(context_, mail, Answer::refused, failure));
        }
    }
    Circumstances none;
    co_await report(context_, std::move(outcome), std::move(none));
}

}  // namespace mailprobed
