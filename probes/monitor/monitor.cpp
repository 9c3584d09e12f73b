// SPDX-License-Identifier: Apache-2.0
// Wiring: one ledger, one watcher per mailbox, one prober per probe.
#include "probes/monitor/monitor.hpp"

#include "probes/monitor/context.hpp"
#include "probes/monitor/prober.hpp"
#include "probes/monitor/watcher.hpp"
#include "probes/net/task_group.hpp"

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <map>
#include <tuple>

namespace mailprobed {
namespace {

/// What makes two accounts the same mailbox: POP3 locks it by these.
auto mailbox_key(const auto& half) {
    return std::tuple(half.server.host, half.server.port, half.username);
}

}  // namespace

struct Monitor::Impl {
    Impl(const Settings& settings, MonitorNeeds needs)
        : context(settings, std::move(needs)),
          tasks(context.needs.executor, [this](const std::exception_ptr& error) { bug(error); }) {
        build();
    }

    void build() {
        const Settings& settings = context.settings;
        std::map<decltype(mailbox_key(std::declval<Pop3Settings>())), MailboxIndex> boxes;
        std::vector<std::vector<ProbeIndex>> ends_here;
        std::vector<const AccountSettings*> names;
        std::map<MailboxIndex, BounceWatch> starts_here;
        // The first account in the file that names a mailbox gives it its name.
        for (const AccountSettings& account : settings.accounts) {
            if (!account.pop3) continue;
            if (!boxes.try_emplace(mailbox_key(*account.pop3), MailboxIndex(names.size())).second) {
                continue;
            }
            context.ledger.add_mailbox();
            names.push_back(&account);
            ends_here.emplace_back();
        }
        for (const ProbeSettings& probe : settings.probes) {
            const MailboxIndex box = boxes.at(mailbox_key(*settings.account(probe.to)->pop3));
            const auto index = context.ledger.add_probe(
                {probe_id(probe.name), box, probe.deadline, Duration::zero()});
            ends_here[box].push_back(index);
            box_of.push_back(box);
            const auto& sender = settings.account(probe.from)->pop3;
            bounces_of.push_back(std::nullopt);
            if (!probe.bounces || !sender) continue;
            const MailboxIndex home = boxes.at(mailbox_key(*sender));
            starts_here[home].any = true;
            if (home == box) continue;
            bounces_of.back() = home;
            starts_here[home].senders.push_back(index);
        }
        for (std::size_t box = 0; box < names.size(); ++box) {
            watchers.push_back(
                std::make_unique<Watcher>(context, MailboxIndex(box), *names[box], ends_here[box],
                                          std::move(starts_here[MailboxIndex(box)])));
            box_by_name.emplace(names[box]->name, MailboxIndex(box));
        }
        for (ProbeIndex probe = 0; probe < settings.probes.size(); ++probe) {
            Watcher& watcher = *watchers[box_of[probe]];
            context.ledger.set_grace(probe, settings.probes[probe].verdict_grace.value_or(
                                                default_grace(watcher.look_interval())));
            const auto bounces = bounces_of[probe];
            const SmtpSettings& smtp = *settings.account(settings.probes[probe].from)->smtp;
            AuthBackoff& login =
                logins.try_emplace(login_key(smtp.server, smtp.username), settings.auth_backoff)
                    .first->second;
            probers.push_back(std::make_unique<Prober>(
                context, probe, watcher, bounces ? watchers[*bounces].get() : nullptr, login));
        }
    }

    /// Takes up what an earlier run left; returns the mails that were to be tried again.
    std::vector<std::pair<Prober*, RememberedMail>> restore() {
        std::vector<std::pair<Prober*, RememberedMail>> again;
        const Remembered remembered = std::exchange(context.needs.remembered, {});
        std::map<std::string_view, ProbeIndex> by_name;
        for (ProbeIndex probe = 0; probe < context.settings.probes.size(); ++probe)
            by_name.emplace(context.settings.probes[probe].name, probe);
        std::vector<std::uint64_t> mails(by_name.size(), 0);
        for (const RememberedMail& mail : remembered.pending) {
            const auto probe = by_name.find(mail.probe);
            if (probe == by_name.end()) {
                close_removed(mail);
                continue;
            }
            context.ledger.restore(probe->second, mail, BootClock::now());
            ++mails[probe->second];
            ++context.untold[probe->second];
            if (mail.progress == Progress::retry) {
                again.emplace_back(probers[probe->second].get(), mail);
            }
        }
        for (const RememberedVerdict& mail : remembered.settled) {
            const auto probe = by_name.find(mail.probe);
            if (probe != by_name.end()) context.ledger.restore(probe->second, mail);
        }
        for (const RememberedEntry& entry : remembered.entries) {
            const auto box = box_by_name.find(entry.mailbox);
            if (box != box_by_name.end()) watchers[box->second]->remember(entry);
        }
        for (const RememberedProbe& state : remembered.probes) {
            const auto probe = by_name.find(state.probe);
            if (probe == by_name.end()) continue;
            if (state.last_started) probers[probe->second]->started_before(*state.last_started);
            context.needs.observer.probe_restored({state.probe, mails[probe->second], state});
            report_pending(context, probe->second);
        }
        return again;
    }

    /// A mail of a probe that is no longer configured: nobody will look for it.
    void close_removed(const RememberedMail& mail) {
        VerdictRecord record;
        record.judgement.mail = mail.mail;
        record.judgement.verdict = Verdict::unobserved;
        record.judgement.started = mail.started;
        record.judgement.handed = mail.handed;
        record.judgement.deadline = mail.deadline;
        record.judgement.detail = "the probe is no longer configured";
        record.probe = mail.probe;
        record.wall = wall_now();
        context.needs.journal.note(std::move(record));
    }

    static Awaitable<void> resume(Prober* prober, RememberedMail mail) {
        co_await prober->resume(std::move(mail));
    }

    void bug(const std::exception_ptr& error) {
        try {
            std::rethrow_exception(error);
        } catch (const std::exception& e) {
            context.needs.observer.internal_error("monitor", e.what());
        } catch (...) {
            context.needs.observer.internal_error("monitor", "unknown exception");
        }
    }

    /// Runs a loop that should never end; what ends it is a bug, and the loop goes on after it.
    template <class Loop>
    static Awaitable<void> keep_running(Impl* self, Loop loop) {
        BootTimer pause(self->context.needs.executor);
        for (;;) {
            std::exception_ptr error;
            try {
                co_await loop();
            } catch (...) {
                error = std::current_exception();
            }
            if (error && is_cancellation(error)) std::rethrow_exception(error);
            if (error) self->bug(error);
            co_await sleep_until(pause, BootClock::now() + std::chrono::seconds{1});
        }
    }

    static Awaitable<void> send_one(Prober* prober, Watcher* watcher, bool* sent) {
        co_await prober->send(Duration::zero());
        *sent = true;
        watcher->notify();
    }

    Context context;
    TaskGroup tasks;
    /// The watcher of each probe.
    std::vector<MailboxIndex> box_of;
    /// Where bounces of each probe's mails come, if that is another mailbox and watched.
    std::vector<std::optional<MailboxIndex>> bounces_of;
    std::map<std::string, MailboxIndex, std::less<>> box_by_name;
    /// By server and user name, so that probes of one account do not try in turns.
    std::map<LoginKey, AuthBackoff> logins;
    std::vector<std::unique_ptr<Watcher>> watchers;
    std::vector<std::unique_ptr<Prober>> probers;
};

Monitor::Monitor(const Settings& settings, MonitorNeeds needs)
    : impl_(std::make_unique<Impl>(settings, std::move(needs))) {}

Monitor::~Monitor() = default;

Awaitable<void> Monitor::run() {
    Impl& impl = *impl_;
    for (auto& [prober, mail] : impl.restore())
        impl.tasks.spawn(Impl::resume(prober, std::move(mail)));
    for (const auto& watcher : impl.watchers) {
        const auto loop = [w = watcher.get()] { return w->run(); };
        impl.tasks.spawn(Impl::keep_running(&impl, loop));
    }
    for (const auto& prober : impl.probers) {
        const auto loop = [p = prober.get(), &impl] { return p->run(impl.tasks); };
        impl.tasks.spawn(Impl::keep_running(&impl, loop));
    }
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
    co_await impl.tasks.cancel_and_wait();
    std::rethrow_exception(end);
}

Awaitable<Judgement> Monitor::run_once(std::string probe) {
    Impl& impl = *impl_;
    const auto& probes = impl.context.settings.probes;
    const auto found = std::ranges::find(probes, probe, &ProbeSettings::name);
    if (found == probes.end()) throw std::invalid_argument("there is no probe called " + probe);
    const auto index = static_cast<std::size_t>(found - probes.begin());
    std::optional<Judgement> result;
    impl.context.on_judgement = [&result](const Judgement& judgement) { result = judgement; };

    Watcher& watcher = *impl.watchers[impl.box_of[index]];
    bool sent = false;
    impl.tasks.spawn(Impl::send_one(impl.probers[index].get(), &watcher, &sent));
    std::exception_ptr end;
    try {
        // Looks go on beside the submission; the one that brings the verdict also removes the mail.
        while (!sent || !result)
            co_await watcher.step();
    } catch (...) {
        end = std::current_exception();
    }
    impl.context.on_judgement = {};
    // After a cancellation every co_await throws until the state is reset.
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    co_await impl.tasks.cancel_and_wait();
    if (end) std::rethrow_exception(end);
    co_return *result;
}

LedgerTotals Monitor::totals() const {
    return impl_->context.ledger.totals();
}

}  // namespace mailprobed
