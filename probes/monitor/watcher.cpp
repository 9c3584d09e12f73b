// SPDX-License-Identifier: Apache-2.0
// The life of a watcher: sleep until the plan or a grace ends, look, judge.
#include "probes/monitor/watcher.hpp"

#include "probes/monitor/look.hpp"
#include "probes/net/task_group.hpp"

#include <algorithm>

namespace mailprobed {
namespace {

/// Passes what a look shows to the observer.
class LookTrace final : public Trace {
  public:
    LookTrace(Observer& observer, std::string_view mailbox)
        : observer_(observer), mailbox_(mailbox) {}

    void stage_began(Stage /*stage*/, Instant at) override { began_ = at; }
    void stage_ended(Stage stage, Instant at, std::optional<Cause> cause) override {
        observer_.look_stage_done(mailbox_, stage, at - began_, cause);
    }
    [[nodiscard]] bool wants_lines() const override { return observer_.wants_lines(); }
    void line(Speaker who, std::string_view text) override {
        observer_.transcript_line(mailbox_, Protocol::pop3, who, text);
    }
    void connected(IpFamily family) override {
        observer_.connected(mailbox_, Protocol::pop3, family);
    }
    void encrypted(const TlsFacts& facts) override {
        observer_.encrypted(mailbox_, Protocol::pop3, facts);
    }

  private:
    Observer& observer_;
    std::string_view mailbox_;
    Instant began_;
};

PollPlan plan_for(const Context& context, const Pop3Settings& settings,
                  const std::vector<ProbeIndex>& probes) {
    double mails_per_hour = 0;
    Duration longest{};
    for (const ProbeIndex probe : probes) {
        const ProbeSettings& p = context.settings.probes[probe];
        mails_per_hour += 3600 / to_seconds(p.interval);
        longest = std::max(longest, p.deadline);
    }
    return {settings.poll, mails_per_hour, longest};
}

LookResult plan_result(const Look& look, const std::optional<Failure>& failure) noexcept {
    if (failure && failure->cause() == Cause::mailbox_busy) return LookResult::busy;
    if (failure && failure->cause() == Cause::login_delay) return LookResult::login_delay;
    if (failure && (failure->cause() == Cause::auth_transient ||
                    failure->cause() == Cause::rejected_transient)) {
        return LookResult::transient;
    }
    return look.complete() ? LookResult::complete : LookResult::failed;
}

}  // namespace

Duration default_grace(Duration look_interval) noexcept {
    return std::max<Duration>(std::chrono::seconds{60}, 2 * look_interval);
}

Watcher::Watcher(Context& context, MailboxIndex mailbox, const AccountSettings& account,
                 std::vector<ProbeIndex> probes)
    : context_(context),
      index_(mailbox),
      account_(account),
      probes_(std::move(probes)),
      plan_(plan_for(context, *account.pop3, probes_)),
      timer_(context.needs.executor) {}

Awaitable<void> Watcher::run() {
    for (;;)
        co_await step();
}

Awaitable<void> Watcher::step() {
    Instant wake = context_.ledger.next_settlement(index_).value_or(Instant::max());
    Instant planned = Instant::max();
    const std::vector<AwaitedMail> awaited = context_.ledger.awaited(index_);
    if (!awaited.empty()) planned = plan_.next(awaited, BootClock::now());
    wake = std::min(wake, planned);
    if (wake > BootClock::now()) co_await sleep_until(timer_, wake);
    // First what is over: a look that begins after the grace must not decide a verdict.
    Outcome settled = context_.ledger.settle(index_, BootClock::now());
    co_await report(context_, std::move(settled), std::nullopt);
    const bool wanted = planned <= BootClock::now() && !context_.ledger.awaited(index_).empty();
    if (wanted) co_await look(planned);
}

Awaitable<void> Watcher::look(Instant planned_at) {
    const SessionSlot slot(context_);
    const Instant began = BootClock::now();
    context_.ledger.look_began(index_, began);
    plan_.look_began(began);

    const Pop3Settings& settings = *account_.pop3;
    const auto is_here = [this](std::uint32_t probe) {
        return std::ranges::any_of(probes_, [&](ProbeIndex index) {
            return probe_id(context_.settings.probes[index].name) == probe;
        });
    };
    Look look(context_, account_.name, settings, known_, is_here);
    LookTrace trace(context_.needs.observer, account_.name);
    const auto channel = context_.needs.channels(settings.server);
    Pop3Session session(*channel, settings, began + settings.timeouts.total, trace);
    std::optional<Failure> failure;
    std::uint32_t deleted = 0;
    bool told = false;
    try {
        co_await look.observe(session);
        told = true;
        co_await tell_ledger(look, planned_at);
        const bool confirmed = co_await look.clean_up(session);
        if (confirmed) {
            deleted = static_cast<std::uint32_t>(look.own().size());
        } else {
            failure = Failure(Stage::quit, Cause::eof, "the server did not confirm QUIT");
        }
    } catch (const Failure& error) {
        failure = error;
    } catch (const std::exception& error) {
        if (is_cancellation(std::current_exception())) throw;
        context_.needs.observer.internal_error("look", error.what());
        failure = Failure(Stage::list, Cause::internal, error.what());
    }
    // A look proves presence however it ended.
    if (!told) co_await tell_ledger(look, planned_at);

    const Instant now = BootClock::now();
    const std::optional<Instant> login_at = session.login_at();
    Outcome outcome = context_.ledger.look_ended(index_, look.complete(), login_at, now);
    co_await report(context_, std::move(outcome), planned_at);
    plan_.look_ended(plan_result(look, failure), now, session.login_delay());
    adapt_grace();

    LookDone done;
    done.mailbox = account_.name;
    done.complete = look.complete();
    if (failure) {
        done.failure = StageCause{failure->stage(), failure->cause()};
        done.detail = failure->what();
    } else if (look.shortfall()) {
        done.failure = look.shortfall();
        done.detail =
            look.shortfall()->cause == Cause::mailbox_too_large
                ? "more messages than one look reads; empty the mailbox or use one for probes"
                : "a message is listed but cannot be read; it may be gone by the next look";
    }
    done.took = now - began;
    done.at = wall_now();
    done.messages = look.messages();
    done.deleted = deleted;
    done.look_interval = plan_.least_gap();
    context_.needs.observer.look_done(done);
}

Awaitable<void> Watcher::tell_ledger(const Look& look, Instant planned_at) {
    for (const Sighting& sighting : look.sightings()) {
        JournalRecord record;
        record.kind = RecordKind::seen;
        record.mail = sighting.mail;
        record.probe = account_.name;
        record.at = sighting.listed_at;
        record.wall = wall_now();
        co_await context_.needs.journal.record(std::move(record));
        Outcome outcome = context_.ledger.sighted(index_, sighting, BootClock::now());
        co_await report(context_, std::move(outcome), planned_at);
    }
}

void Watcher::adapt_grace() {
    for (const ProbeIndex probe : probes_) {
        if (!context_.settings.probes[probe].verdict_grace) {
            context_.ledger.set_grace(probe, default_grace(plan_.look_interval()));
        }
    }
}

}  // namespace mailprobed
