// SPDX-License-Identifier: Apache-2.0
// The life of a watcher: sleep until the plan or a grace ends, look, judge.
#include "probes/monitor/watcher.hpp"

#include "probes/domain/plan/routing.hpp"
#include "probes/monitor/look.hpp"
#include "probes/monitor/observer_trace.hpp"
#include "probes/net/task_group.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace mailprobed {
namespace {

/// What a plan must know of the mails that come.
struct Load {
    double mails_per_hour = 0;
    Duration longest{};
};

Load load_of(const Context& context, const std::vector<ProbeIndex>& probes) {
    Load load;
    for (const ProbeIndex probe : probes) {
        const Route& route = context.routes[probe];
        if (route.removed) continue;
        load.mails_per_hour += 3600 / to_seconds(route.probe->interval);
        load.longest = std::max(load.longest, route.probe->deadline);
    }
    return load;
}

PollPlan plan_for(const Context& context, const Watcher::Config& config) {
    const Load load = load_of(context, config.probes);
    return {config.account->mailbox->poll, load.mails_per_hour, load.longest};
}

/// What was rejected may work now.
bool logs_in_otherwise(const MailboxSettings& a, const MailboxSettings& b) {
    return !(a.password == b.password) || a.auth != b.auth || !(a.server == b.server);
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

void tell_doubt(const Look& look, LookDone& done) {
    if (look.left_out()) {
        done.failure = StageCause{Stage::headers, Cause::protocol_error};
        done.detail =
            "a message that ended several sessions was left out, and its unique id may name "
            "another mail now; remove it by hand";
        return;
    }
    done.failure = StageCause{Stage::list, Cause::mailbox_too_large};
    done.detail =
        "more messages than one look reads must be read again before a mail can be called absent; "
        "empty the mailbox or use one for probes";
}

}  // namespace

Duration default_grace(Duration look_interval) noexcept {
    return std::max<Duration>(std::chrono::seconds{60}, 2 * look_interval);
}

Watcher::Watcher(Context& context, MailboxIndex mailbox, Config config)
    : context_(context),
      index_(mailbox),
      config_(std::move(config)),
      plan_(plan_for(context, config_)),
      backoff_(context.settings->auth_backoff),
      timer_(context.needs.executor) {}

void Watcher::reconfigured(Config config) {
    retired_ = false;
    known_.keys_changed();
    if (logs_in_otherwise(*config_.account->mailbox, *config.account->mailbox)) {
        backoff_ = AuthBackoff(context_.settings->auth_backoff);
        plan_.hold_until(backoff_.until());
    }
    // Mails of probes that went elsewhere may still come here.
    for (const ProbeIndex probe : config_.probes) {
        if (std::ranges::find(config.probes, probe) == config.probes.end())
            config.probes.push_back(probe);
    }
    config_ = std::move(config);
    std::vector<ProbeIndex> current;
    std::ranges::copy_if(config_.probes, std::back_inserter(current),
                         [this](ProbeIndex probe) { return context_.routes[probe].box == index_; });
    const Load load = load_of(context_, current);
    plan_.adopt(config_.account->mailbox->poll, load.mails_per_hour, load.longest,
                BootClock::now());
    adapt_grace();
    notify();
}

void Watcher::retire() {
    retired_ = true;
    // Those that go on have their bounces elsewhere now.
    std::erase_if(config_.bounces.senders,
                  [this](ProbeIndex probe) { return !context_.routes[probe].removed; });
    notify();
}

bool Watcher::done() const {
    return retired_ && !context_.ledger.expects(index_) && !next_bounce_look();
}

Awaitable<void> Watcher::run() {
    while (!done())
        co_await step();
}

Awaitable<void> Watcher::step() {
    Instant wake = context_.ledger.next_settlement(index_).value_or(Instant::max());
    const Instant planned = next_look();
    wake = std::min(wake, planned);
    if (wake > BootClock::now()) co_await sleep_until(timer_, wake);
    // First what is over: a look that begins after the grace must not decide a verdict.
    Outcome settled = context_.ledger.settle(index_, BootClock::now());
    note_judged(settled);
    ReportContext none;
    co_await report(context_, std::move(settled), std::move(none));
    tell_watched();
    const bool wanted = planned <= BootClock::now() && next_look() != Instant::max();
    if (wanted) co_await look(planned);
}

Instant Watcher::next_look() const {
    if (context_.stopping) return Instant::max();
    const std::vector<AwaitedMail> awaited = context_.ledger.awaited(index_);
    const std::optional<Instant> bounce = next_bounce_look();
    if (awaited.empty() && !bounce) return Instant::max();
    std::vector<Instant> extra;
    if (bounce) extra.push_back(*bounce);
    return plan_.next(awaited, extra, BootClock::now());
}

std::optional<Instant> Watcher::next_bounce_look() const {
    std::optional<Instant> next;
    for (const ProbeIndex probe : config_.bounces.senders) {
        for (const AwaitedMail& mail : context_.ledger.sent_by(probe)) {
            const Duration wait = mail.deadline - mail.handed;
            for (const int percent : {10, 50, 100}) {
                const Instant at = mail.handed + wait / 100 * percent;
                if (at <= last_look_ || (next && *next <= at)) continue;
                next = at;
            }
        }
    }
    return next;
}

Awaitable<void> Watcher::look(Instant planned_at) {
    const SessionSlot slot(context_);
    // A reload in the middle must not take it away.
    const std::shared_ptr<const AccountSettings> account = config_.account;
    const Instant began = BootClock::now();
    last_look_ = began;
    context_.ledger.look_began(index_, began);
    plan_.look_began(began);

    const MailboxSettings& settings = *account->mailbox;
    LookTarget target{index_,
                      context_.ledger,
                      context_.codec,
                      context_.look_memory,
                      [this](const Tag& tag) { return home_of(tag); },
                      [this](const Tag& tag) { return route_of(tag); },
                      config_.bounces.any};
    Look look(std::move(target), settings, known_);
    ObserverTrace trace(
        context_.needs.observer, {settings.protocol, account->name, account->name},
        RouteMasks(context_.masks, context_.settings, [this] { return heard_by(); }),
        [&](Stage stage, Duration took, std::optional<Cause> cause) {
            context_.needs.observer.on(LookStageDone{account->name, stage, took, cause});
        });
    const auto channel = context_.needs.channels(settings.server);
    const Instant give_up = began + settings.timeouts.total;
    const auto made = context_.needs.mailboxes(*channel, settings, give_up, trace);
    MailboxSession& session = *made;
    session.trust_words(backoff_.trust());
    std::optional<Failure> failure;
    LookDone done;
    bool told = false;
    try {
        co_await look.observe(session);
        told = true;
        const bool safe = co_await tell_ledger(look, planned_at);
        const bool confirmed = co_await clean_up(look, session, safe, give_up);
        if (!confirmed) {
            failure = Failure(Stage::quit, Cause::eof, "the server did not confirm QUIT");
        } else {
            done.deleted = look.removed();
            failure = look.refusal();
        }
    } catch (const Failure& error) {
        failure = error;
    } catch (const std::exception& error) {
        if (is_cancellation(std::current_exception())) throw;
        context_.needs.observer.on(InternalError{"look", error.what()});
        failure = Failure(Stage::list, Cause::internal, error.what());
    }
    // A look proves presence however it ended.
    if (!told) co_await tell_ledger(look, planned_at);
    for (const TagReject reason : look.rejected())
        context_.needs.observer.on(TagRejected{account->name, reason});

    if (session.out_of_step()) known_.be_careful(true);
    const Instant now = BootClock::now();
    if (config_.bounces.any)
        co_await tell_reports(look, session.connect_at().value_or(began), failure);
    Outcome outcome =
        context_.ledger.look_ended(index_, look.complete(), session.connect_at(), now,
                                   known_.hidden_until(), look.proven_until(), look.seen_until());
    note_judged(outcome);
    ReportContext circumstances;
    circumstances.planned_at = planned_at;
    co_await report(context_, std::move(outcome), std::move(circumstances));
    if (look.in_step()) known_.be_careful(false);
    const bool logged_in = session.login_end() == LoginEnd::worked;
    plan_.look_ended(plan_result(look, failure), now,
                     logged_in ? std::optional(session.login_gap()) : std::nullopt);
    // A reload meanwhile ended the pauses; the old password says nothing about the new one.
    if (!logs_in_otherwise(settings, *config_.account->mailbox)) {
        backoff_.ended(session.login_end(), began, now);
        plan_.hold_until(backoff_.until());
    }
    context_.ledger.looks_rest(index_, plan_.paused_until());
    adapt_grace();
    keep_entries();
    if (failure) {
        done.failure = StageCause{failure->stage(), failure->cause()};
        done.detail = failure->what();
    }
    done.took = now - began;
    tell_observer(look, *account, done);
    keep_look(done, began, trace.take());
    tell_watched();
}

Awaitable<bool> Watcher::tell_ledger(const Look& look, Instant planned_at) {
    Durability kept = Durability::durable;
    for (const Found& found : look.sightings()) {
        Outcome outcome = context_.ledger.sighted(index_, found.sighting, BootClock::now());
        note_judged(outcome);
        ReportContext circumstances;
        circumstances.planned_at = planned_at;
        circumstances.attempt = found.sighting.attempt;
        circumstances.delivery_path = found.delivery_path;
        const Durability this_one =
            co_await report(context_, std::move(outcome), std::move(circumstances));
        if (this_one != Durability::durable) kept = this_one;
    }
    for (const FoundBounce& found : look.bounces()) {
        if (found.bounce.action != BounceAction::failed) continue;
        BounceSeen seen;
        seen.mail = found.bounce.tag.mail;
        seen.status_class = found.bounce.status_class;
        seen.detail = found.bounce.status;
        if (!seen.detail.empty() && !found.bounce.diagnostic.empty()) seen.detail += ' ';
        seen.detail += found.bounce.diagnostic;
        seen.weak = found.bounce.weak;
        seen.attempt = found.bounce.tag.attempt;
        Outcome outcome = context_.ledger.bounced(seen, BootClock::now());
        note_judged(outcome);
        ReportContext none;
        const Durability this_one = co_await report(context_, std::move(outcome), std::move(none));
        if (this_one != Durability::durable) kept = this_one;
    }
    // Entries that an earlier look recognised rest on records that may still wait for the disk.
    co_return kept == Durability::durable&& context_.needs.journal.healthy();
}

std::string Watcher::recorded_as() const {
    return mailbox_text(config_.account->mailbox->id());
}

void Watcher::keep_entries() {
    SeenEntries::Changes changes = known_.take_changes();
    if (changes.classified.empty() && changes.gone.empty()) return;
    EntriesRecord record;
    record.mailbox = recorded_as();
    for (const std::uint64_t key : changes.classified)
        record.classified.emplace_back(key, std::nullopt);
    record.gone = std::move(changes.gone);
    context_.needs.journal.note(std::move(record));
}

void Watcher::tell_observer(const Look& look, const AccountSettings& account, LookDone& done) {
    done.mailbox = account.name;
    done.complete = look.complete();
    if (look.complete()) done.absence_until = look.proven_until();
    if (look.complete() && !look.proves_all()) {
        done.complete = false;
        if (!done.failure) tell_doubt(look, done);
    }
    if (!done.failure && look.shortfall()) {
        done.failure = look.shortfall();
        done.detail = look.shortfall_detail();
    }
    done.at = wall_now();
    done.messages = look.messages();
    done.came_again = look.came_again();
    done.left = known_.left();
    done.sizes_change = known_.tell_changing_sizes();
    done.look_interval = plan_.least_gap();
    if (account.mailbox->poll.logins_per_hour != 0) {
        done.logins_left = plan_.logins_available(BootClock::now());
    }
    for (const Found& found : look.sightings()) {
        if (!found.delivery_path.arrived) continue;
        const WallTime seen = done.at - (BootClock::now() - found.sighting.listed_at);
        done.clock_ahead = *found.delivery_path.arrived - seen;
    }
    context_.needs.observer.on(done);
}

void Watcher::adapt_grace() {
    for (const ProbeIndex probe : config_.probes) {
        const Route& route = context_.routes[probe];
        if (route.box == index_ && !route.probe->verdict_grace) {
            context_.ledger.set_grace(probe, default_grace(plan_.look_interval()));
        }
    }
}

}  // namespace mailprobed
