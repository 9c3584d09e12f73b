// SPDX-License-Identifier: Apache-2.0
// From tick to the end of a submission.
#include "probes/monitor/prober.hpp"

#include "probes/domain/identity/message.hpp"
#include "probes/domain/plan/schedule.hpp"
#include "probes/monitor/observer_trace.hpp"
#include "probes/net/boot_clock.hpp"
#include "probes/session/smtp/session.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mailprobed {
namespace {

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
        outcome = context_.ledger.accepted(mail_, std::string(reply));
        // Nobody needs to wait: without it the mail is unconfirmed after a crash, which is true.
        // But it must not wait for the server's answer to QUIT either.
        note(std::exchange(outcome.states, {}));
    }

    /// The process ends: the next run must know since when to look.
    void interrupted() {
        const auto state =
            context_.ledger.if_cut_off(mail_, "mailprobed was stopped before the server answered");
        if (state) context_.needs.journal.note(*state);
    }

    void login_ended(LoginEnd end) override { login = end; }

    bool was_handed = false;
    LoginEnd login = LoginEnd::untold;
    Outcome outcome;

  private:
    void note(std::vector<MailState> states) {
        if (states.empty()) return;
        JournalRecords records(std::make_move_iterator(states.begin()),
                               std::make_move_iterator(states.end()));
        context_.needs.journal.note(std::move(records));
    }

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
    if (decision.missed > 0) observer.on(TickMissed{name, MissReason::stalled, decision.missed});
    if (const std::optional<MissReason> why = hindrance()) {
        observer.on(TickMissed{name, *why, 1});
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
    MailState state;
    state.mail = mail;
    state.probe = route().probe->name;
    state.started = BootClock::now();
    state.wall = wall;
    state.body_digest = digest;
    state.mailbox_number = route().mailbox_number;
    state.tag_key = context_.codec.fingerprint();
    context_.ledger.start(index_, std::move(state));
    ++context_.routes[index_].unreported;
    context_.needs.observer.on(MailStarted{route().probe->name, mail, wall, lag});
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
    co_await record_intent(mail);
    // After D nothing that the server says could still make the mail a delivered one.
    const Instant give_up =
        context_.ledger.deadline_of(mail).value_or(BootClock::now() + way.probe->deadline);
    const Instant began = BootClock::now();
    LedgerListener listener(context_, mail, way);
    Observer& observer = context_.needs.observer;
    ObserverTrace trace(observer, {Protocol::smtp, way.probe->from, way.probe->name},
                        RouteMasks(context_.masks, context_.settings, ends_of(*way.probe)),
                        [&](Stage stage, Duration took, std::optional<Cause> cause) {
                            observer.on(StageDone{way.probe->name, mail, stage, took, cause});
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
        observer.on(InternalError{"submission", error.what()});
        failure = Failure(listener.was_handed ? Stage::accept : Stage::connect, Cause::internal,
                          error.what());
    }
    if (const std::optional<Instant> first = trace.began()) {
        const Duration took = BootClock::now() - *first;
        const ConversationRecord record = trace.take();
        observer.on(AttemptDone{way.probe->name, mail, attempt, wall_now() - took, took, record});
    }
    // A reload meanwhile ended the pauses; the old password says nothing about the new one.
    const auto& half = route().from->smtp;
    if (half && *half == *way.from->smtp) {
        way.login->ended(listener.login, began, BootClock::now());
    }
    if (failure) co_return failure;
    ReportContext none;
    co_await report(context_, std::move(listener.outcome), std::move(none));
    co_return std::nullopt;
}

void Prober::wake_watcher(MailId mail) const {
    context_.wake(context_.ledger.mailbox_of(mail).value_or(route().box));
}

Awaitable<void> Prober::record_intent(MailId mail) {
    std::optional<MailState> state = context_.ledger.pending_mail(mail);
    if (!state) co_return;
    JournalRecords records;
    records.emplace_back(ClockRecord{BootClock::now(), wall_now()});
    records.emplace_back(std::move(*state));
    co_await context_.needs.journal.record(std::move(records));
}

Awaitable<void> Prober::report_failure(MailId mail, Failure failure, bool again) {
    const StageCause pair = failure.pair();
    std::string words = failure.what();
    Outcome outcome;
    if (may_have_been_taken(pair)) {
        outcome = context_.ledger.unconfirmed(mail, pair, std::move(words));
    } else if (again) {
        outcome = context_.ledger.attempt_refused(mail, pair, std::move(words),
                                                  BootClock::now() + route().probe->retry_after);
    } else {
        outcome = context_.ledger.send_failed(mail, pair, std::move(words));
    }
    ReportContext none;
    co_await report(context_, std::move(outcome), std::move(none));
    if (again) context_.needs.observer.on(AttemptRefused{route().probe->name, mail, pair});
}

}  // namespace mailprobed
