// SPDX-License-Identifier: Apache-2.0
// Wiring: one ledger, one watcher per mailbox, one prober per probe.
#include "probes/monitor/monitor.hpp"

#include "probes/domain/plan/routing.hpp"
#include "probes/monitor/by_hand.hpp"
#include "probes/monitor/context.hpp"
#include "probes/monitor/keep_running.hpp"
#include "probes/monitor/prober.hpp"
#include "probes/monitor/restore.hpp"
#include "probes/monitor/submission_logins.hpp"
#include "probes/monitor/watch_clocks.hpp"
#include "probes/monitor/watcher.hpp"
#include "probes/net/boot_clock.hpp"
#include "probes/net/task_group.hpp"

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>

namespace mailprobed {

struct Monitor::Impl {
    Impl(std::shared_ptr<const Settings> settings, MonitorDependencies needs)
        : context(std::move(settings), std::move(needs)),
          on_bug([this](const std::exception_ptr& error) { bug(error); }),
          tasks(context.needs.executor, on_bug),
          tickers(context.needs.executor, on_bug) {
        context.wake = [this](MailboxIndex box) { wake(box); };
        apply();
    }

    /// A watcher or prober and whether its loop runs.
    template <class Worker>
    struct Running {
        std::unique_ptr<Worker> worker;
        bool running = false;
    };

    void wake(MailboxIndex box) {
        watchers[box].worker->notify();
        // One that retired waits for the last verdict, wherever that comes from.
        for (const auto& other : watchers) {
            if (other.worker->retired() && other.running) other.worker->notify();
        }
    }

    /// Makes routes, watchers and probers what the settings ask for.
    void apply() {
        const Settings& settings = *context.settings;
        const Routing routing = routing_of(settings);
        std::vector<MailboxIndex> box_of;
        for (const Routing::Box& box : routing.boxes) {
            const auto [entry, fresh] = boxes.try_emplace(box.key, MailboxIndex(boxes.size()));
            if (fresh) {
                context.ledger.add_mailbox();
                context.mailbox_numbers.push_back(mailbox_number(box.key));
            }
            box_of.push_back(entry->second);
        }
        logins.settle(settings);
        for (Route& route : context.routes)
            route.removed = true;
        std::vector<ProbeIndex> configured;
        for (std::size_t i = 0; i < settings.probes.size(); ++i) {
            const Routing::ProbeMailboxes& way = routing.ways[i];
            const ProbeIndex probe = index_of(settings.probes[i].name);
            Route& route = context.routes[probe];
            route.probe = {context.settings, &settings.probes[i]};
            route.from = {context.settings, settings.account(route.probe->from)};
            route.box = box_of[way.box];
            route.bounces.reset();
            if (way.bounces) route.bounces = box_of[*way.bounces];
            route.login = &logins.pauses_of(*route.from->smtp);
            route.removed = route.retirement_reported = false;
            route.mailbox_number = mailbox_number(settings, *route.probe);
            configured.push_back(probe);
        }
        watch(routing, box_of);
        for (const ProbeIndex probe : configured)
            judge_by(probe);
        for (auto& prober : probers)
            prober.worker->reconfigured();
    }

    /// The probe called `name`, new or known.
    ProbeIndex index_of(const std::string& name) {
        const auto known = by_name.find(name);
        if (known != by_name.end()) return known->second;
        const auto index = static_cast<ProbeIndex>(probers.size());
        context.routes.emplace_back();
        context.ledger.add_probe({probe_id(name), 0, {}, {}});
        probers.push_back({std::make_unique<Prober>(context, index)});
        by_name.emplace(name, index);
        return index;
    }

    void watch(const Routing& routing, const std::vector<MailboxIndex>& box_of) {
        std::vector<Watcher::Config> configs(boxes.size());
        std::vector<std::string> names;
        for (std::size_t i = 0; i < routing.boxes.size(); ++i) {
            Watcher::Config& config = configs[box_of[i]];
            config.account = {context.settings, routing.boxes[i].account};
            config.bounces.any = routing.boxes[i].bounces;
        }
        for (ProbeIndex probe = 0; probe < context.routes.size(); ++probe) {
            const Route& route = context.routes[probe];
            if (route.removed && route.unreported == 0) continue;
            configs[route.box].probes.push_back(probe);
            if (!route.bounces) continue;
            configs[*route.bounces].bounces.any = true;
            configs[*route.bounces].bounces.senders.push_back(probe);
        }
        for (MailboxIndex box = 0; box < configs.size(); ++box) {
            if (box == watchers.size()) {
                watchers.push_back(
                    {std::make_unique<Watcher>(context, box, std::move(configs[box]))});
            } else if (configs[box].account) {
                names.push_back(watchers[box].worker->name());
                watchers[box].worker->reconfigured(std::move(configs[box]));
            } else {
                watchers[box].worker->retire();
            }
        }
        // A mailbox may go by another account's name now.
        for (const std::string& name : names)
            tell_gone(name);
    }

    void judge_by(ProbeIndex probe) {
        const Route& route = context.routes[probe];
        const Duration look_interval = watchers[route.box].worker->look_interval();
        std::optional<MailboxIndex> reports = route.bounces;
        if (!reports && route.probe->bounces && route.from->mailbox &&
            boxes.at(route.from->mailbox->id()) == route.box) {
            reports = route.box;
        }
        context.ledger.change_probe(
            probe, {probe_id(route.probe->name), route.box, route.probe->deadline,
                    route.probe->verdict_grace.value_or(default_grace(look_interval)), reports});
    }

    /// Begins the loops that do not run yet and are wanted.
    void start_loops() {
        for (auto& watcher : watchers) {
            if (watcher.running || watcher.worker->retired()) continue;
            tasks.spawn(watch_until_retired(this, &watcher));
        }
        for (ProbeIndex probe = 0; probe < probers.size(); ++probe) {
            if (probers[probe].running || context.routes[probe].removed) continue;
            tickers.spawn(send_until_removed(this, &probers[probe]));
        }
    }

    void tell_gone() {
        for (ProbeIndex probe = 0; probe < context.routes.size(); ++probe) {
            const Route& route = context.routes[probe];
            if (route.removed && route.unreported == 0) report_pending(context, probe);
        }
    }

    /// Unless a mailbox that is watched has the same name now.
    void tell_gone(const std::string& mailbox) {
        const bool taken = std::ranges::any_of(watchers, [&](const auto& other) {
            return (other.running || !other.worker->retired()) && other.worker->name() == mailbox;
        });
        if (!taken) context.needs.observer.on(MailboxGone{mailbox});
    }

    /// Takes up what an earlier run left; returns the mails that were to be tried again.
    std::vector<MailToRetry> restore() {
        RestoreInto into{context, by_name, {}, {}};
        for (const auto& prober : probers)
            into.probers.push_back(prober.worker.get());
        for (const auto& watcher : watchers)
            into.watchers.emplace(watcher.worker->recorded_as(), watcher.worker.get());
        return restore_state(std::exchange(context.needs.restored, {}), into, BootClock::now(),
                             wall_now());
    }

    void bug(const std::exception_ptr& error) {
        try {
            std::rethrow_exception(error);
        } catch (const std::exception& e) {
            context.needs.observer.on(InternalError{"monitor", e.what()});
        } catch (...) {
            context.needs.observer.on(InternalError{"monitor", "unknown exception"});
        }
    }

    static Awaitable<void> watch_until_retired(Impl* self, Running<Watcher>* watcher) {
        watcher->running = true;
        Watcher* worker = watcher->worker.get();
        auto loop = [worker] { return worker->run(); };
        co_await keep_running(self->context.needs.executor, self->on_bug, std::move(loop));
        watcher->running = false;
        self->tell_gone(worker->name());
    }

    static Awaitable<void> send_until_removed(Impl* self, Running<Prober>* prober) {
        prober->running = true;
        auto loop = [self, worker = prober->worker.get()] { return worker->run(self->tasks); };
        co_await keep_running(self->context.needs.executor, self->on_bug, std::move(loop));
        prober->running = false;
    }

    Context context;
    /// Every mailbox there has been.
    std::map<MailboxId, MailboxIndex> boxes;
    /// Every probe there has been.
    std::map<std::string, ProbeIndex, std::less<>> by_name;
    SubmissionLogins logins;
    /// By index; addresses stay valid.
    std::deque<Running<Watcher>> watchers;
    std::deque<Running<Prober>> probers;
    BugHandler on_bug;
    TaskGroup tasks;
    /// The probers' loops, but not what they start.
    TaskGroup tickers;
};

Monitor::Monitor(Settings settings, MonitorDependencies needs)
    : Monitor(std::make_shared<const Settings>(std::move(settings)), std::move(needs)) {}

Monitor::Monitor(std::shared_ptr<const Settings> settings, MonitorDependencies needs)
    : impl_(std::make_unique<Impl>(std::move(settings), std::move(needs))) {}

Monitor::~Monitor() = default;

Awaitable<void> Monitor::run() {
    Impl& impl = *impl_;
    for (auto& [prober, mail] : impl.restore())
        impl.tasks.spawn(prober->resume(std::move(mail)));
    impl.start_loops();
    impl.tasks.spawn(watch_clocks(impl.context));
    // Sleeps until it is cancelled; then everybody else is.
    BootTimer forever(impl.context.needs.executor);
    std::exception_ptr end;
    try {
        for (;;)
            co_await sleep_until(forever, Instant::max());
    } catch (...) {
        end = std::current_exception();
    }
    // After a cancellation every co_await throws until the state is reset.
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    co_await impl.tickers.cancel_and_wait();
    co_await impl.tasks.cancel_and_wait();
    std::rethrow_exception(end);
}

void Monitor::reconfigure(Settings settings) {
    Impl& impl = *impl_;
    Context& context = impl.context;
    // Nothing new begins any more.
    if (context.stopping) return;
    context.settings = std::make_shared<const Settings>(std::move(settings));
    TagCodec codec(context.settings->tag_key, context.needs.hmac,
                   context.settings->previous_tag_key);
    // Mails in flight may bear any of them.
    codec.know_keys_of(context.codec);
    context.codec = std::move(codec);
    impl.apply();
    impl.start_loops();
    impl.tell_gone();
}

Awaitable<Judgement> Monitor::run_once(std::string probe) {
    Impl& impl = *impl_;
    const auto found = impl.by_name.find(probe);
    if (found == impl.by_name.end()) {
        throw std::invalid_argument("there is no probe called " + probe);
    }
    const ProbeIndex index = found->second;
    const Route& route = impl.context.routes[index];
    Watcher* reports = route.bounces ? impl.watchers[*route.bounces].worker.get() : nullptr;
    ByHand mail(impl.context, *impl.probers[index].worker, *impl.watchers[route.box].worker,
                reports);
    co_return co_await mail.run(impl.tasks);
}

bool Monitor::knows(std::string_view probe) const {
    const auto found = impl_->by_name.find(probe);
    return found != impl_->by_name.end() && !impl_->context.routes[found->second].removed;
}

SentNow Monitor::send_now(std::string_view probe) {
    Impl& impl = *impl_;
    const auto found = impl.by_name.find(probe);
    SentNow result;
    if (impl.context.stopping || !knows(probe)) return result;
    Prober& prober = *impl.probers[found->second].worker;
    result.known = true;
    result.hindrance = prober.hindrance();
    if (result.hindrance == MissReason::auth_backoff) {
        result.login_pause = impl.context.routes[found->second].login->until() - BootClock::now();
    }
    if (result.hindrance) return result;
    result.mail = prober.new_mail_id();
    impl.tasks.spawn(prober.send(Duration::zero(), result.mail));
    return result;
}

void Monitor::stop_ticks() {
    impl_->context.stopping = true;
    impl_->tickers.cancel();
}

std::size_t Monitor::sessions() const {
    return impl_->context.sessions;
}

std::optional<Instant> Monitor::next_tick() const {
    const auto& ticks = impl_->context.ticks;
    const auto first = std::ranges::min_element(ticks);
    return first == ticks.end() ? std::nullopt : std::optional(*first);
}

std::optional<Instant> Monitor::next_look(std::string_view probe) const {
    const auto found = impl_->by_name.find(probe);
    if (found == impl_->by_name.end()) return std::nullopt;
    return impl_->watchers[impl_->context.routes[found->second].box].worker->next_look();
}

LedgerTotals Monitor::totals() const {
    return impl_->context.ledger.totals();
}

}  // namespace mailprobed
