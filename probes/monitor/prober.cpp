// SPDX-License-Identifier: Apache-2.0
// From tick to the end of a submission.
#include "probes/monitor/prober.hpp"

#include "probes/domain/message.hpp"
#include "probes/domain/schedule.hpp"
#include "probes/net/boot_clock.hpp"
#include "probes/session/smtp_session.hpp"

#include <optional>
#include <string>

namespace mailprobed {
namespace {

/// Passes the moments of a submission to the ledger the instant they happen, so that a look that
/// runs at the same time sees them.
class LedgerListener final : public SendListener {
  public:
    LedgerListener(Context& context, MailId mail, Watcher& watcher)
        : context_(context), mail_(mail), watcher_(watcher) {}

    void connecting(Instant at) override { context_.ledger.connecting(mail_, at); }

    void handed(Instant at) override {
        was_handed = true;
        context_.ledger.handed(mail_, at);
        watcher_.notify();
    }

    void accepted(Instant /*at*/, std::string_view /*reply*/) override {
        outcome = context_.ledger.accepted(mail_);
    }

    bool was_handed = false;
    Outcome outcome;

  private:
    Context& context_;
    MailId mail_;
    Watcher& watcher_;
};

/// Passes what a submission shows to the observer.
class SendTrace final : public Trace {
  public:
    SendTrace(Observer& observer, const ProbeSettings& probe, MailId mail)
        : observer_(observer), probe_(probe), mail_(mail) {}

    void stage_began(Stage /*stage*/, Instant at) override { began_ = at; }
    void stage_ended(Stage stage, Instant at, std::optional<Cause> cause) override {
        observer_.stage_done({probe_.name, mail_, stage, at - began_, cause});
    }
    [[nodiscard]] bool wants_lines() const override { return observer_.wants_lines(); }
    void line(Speaker who, std::string_view text) override {
        observer_.transcript_line(probe_.name, Protocol::smtp, who, text);
    }
    void connected(IpFamily family) override {
        observer_.connected(probe_.from, Protocol::smtp, family);
    }
    void encrypted(const TlsFacts& facts) override {
        observer_.encrypted(probe_.from, Protocol::smtp, facts);
    }

  private:
    Observer& observer_;
    const ProbeSettings& probe_;
    MailId mail_;
    Instant began_;
};

std::string_view domain_of(std::string_view address) {
    return address.substr(address.rfind('@') + 1);
}

}  // namespace

Prober::Prober(Context& context, ProbeIndex probe, Watcher& watcher)
    : context_(context),
      index_(probe),
      watcher_(watcher),
      settings_(context.settings.probes[probe]),
      from_(*context.settings.account(settings_.from)) {}

Awaitable<void> Prober::run(TaskGroup& group) {
    const TickGrid grid(settings_.name, settings_.interval, wall_now(), BootClock::now());
    BootTimer timer(context_.needs.executor);
    Instant due = grid.next(BootClock::now());
    for (;;) {
        co_await sleep_until(timer, due);
        const TickDecision decision = decide_tick(due, settings_.interval, BootClock::now());
        if (decision.missed > 0) {
            context_.needs.observer.tick_missed(settings_.name, MissReason::stalled,
                                                decision.missed);
        }
        if (context_.sessions >= context_.needs.max_sessions) {
            context_.needs.observer.tick_missed(settings_.name, MissReason::overload, 1);
        } else {
            group.spawn(send(decision.lag));
        }
        due = decision.tick + settings_.interval;
    }
}

MailId Prober::enter_mail(Envelope& envelope, JournalRecord& intent, Duration lag) {
    const Instant now = BootClock::now();
    const WallTime wall = wall_now();
    Tag tag;
    tag.instance = context_.instance;
    tag.probe = probe_id(settings_.name);
    tag.mail = context_.needs.new_mail_id();
    tag.sent_ms = static_cast<std::uint64_t>(
        std::chrono::floor<std::chrono::milliseconds>(wall.time_since_epoch()).count());
    const std::string tag_text = context_.codec.write(tag);

    envelope.sender = from_.address;
    envelope.recipient = settings_.to_address;
    MessageParts parts;
    parts.probe = settings_.name;
    parts.instance = context_.settings.instance;
    parts.from = envelope.sender;
    parts.to = envelope.recipient;
    parts.tag = tag_text;
    parts.id_domain = domain_of(from_.address);
    parts.date = wall;
    parts.interval = settings_.interval;
    parts.headers = &settings_.headers;
    ComposedMail mail = compose(parts);
    envelope.message = std::move(mail.text);

    context_.ledger.start({tag.mail, index_, now, wall, mail.digest});
    context_.needs.observer.mail_started({settings_.name, tag.mail, wall, lag});
    report_pending(context_, index_);
    intent.kind = RecordKind::intent;
    intent.mail = tag.mail;
    intent.probe = settings_.name;
    intent.at = now;
    intent.wall = wall;
    intent.body_digest = mail.digest;
    return tag.mail;
}

Awaitable<void> Prober::send(Duration lag) {
    const SessionSlot slot(context_);
    Envelope envelope;
    JournalRecord intent;
    const MailId mail = enter_mail(envelope, intent, lag);
    co_await context_.needs.journal.record(std::move(intent));

    // After D nothing that the server says could still make the mail a delivered one.
    const Instant give_up =
        context_.ledger.deadline_of(mail).value_or(BootClock::now() + settings_.deadline);
    LedgerListener listener(context_, mail, watcher_);
    SendTrace trace(context_.needs.observer, settings_, mail);
    std::optional<Failure> failure;
    try {
        const auto channel = context_.needs.channels(from_.smtp->server);
        co_await send_mail(*channel, *from_.smtp, envelope, give_up, listener, trace);
    } catch (const Failure& error) {
        failure = error;
    } catch (const std::exception& error) {
        if (is_cancellation(std::current_exception())) throw;
        context_.needs.observer.internal_error("submission", error.what());
        failure = Failure(listener.was_handed ? Stage::accept : Stage::connect, Cause::internal,
                          error.what());
    }
    if (failure) {
        Failure error = *failure;
        co_await report_failure(mail, std::move(error));
    } else {
        JournalRecord record;
        record.kind = RecordKind::accepted;
        record.mail = mail;
        record.probe = settings_.name;
        record.at = BootClock::now();
        record.wall = wall_now();
        co_await context_.needs.journal.record(std::move(record));
        co_await report(context_, std::move(listener.outcome), std::nullopt);
    }
    watcher_.notify();
}

Awaitable<void> Prober::report_failure(MailId mail, Failure failure) {
    const bool open = is_unconfirmed(failure) ||
                      (failure.stage() == Stage::accept && failure.cause() == Cause::internal);
    const StageCause pair{failure.stage(), failure.cause()};
    JournalRecord record;
    record.kind = open ? RecordKind::unconfirmed : RecordKind::refused;
    record.mail = mail;
    record.probe = settings_.name;
    record.at = BootClock::now();
    record.wall = wall_now();
    record.failure = pair;
    co_await context_.needs.journal.record(std::move(record));
    Outcome outcome = open ? context_.ledger.unconfirmed(mail, pair, failure.what())
                           : context_.ledger.send_failed(mail, pair, failure.what());
    co_await report(context_, std::move(outcome), std::nullopt);
}

}  // namespace mailprobed
