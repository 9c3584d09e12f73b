// SPDX-License-Identifier: Apache-2.0
// Finds the probe, mailbox or account a fact is about and passes the fact on.
#include "daemon/metrics/metrics.hpp"

#include "daemon/metrics/connection_metrics.hpp"
#include "daemon/metrics/mailbox_metrics.hpp"
#include "daemon/metrics/metric_store.hpp"
#include "daemon/metrics/probe_metrics.hpp"
#include "probes/base/compiler.hpp"
#include "probes/domain/plan/routing.hpp"
#include "probes/net/boot_clock.hpp"

#include <map>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

namespace mailprobed {

struct Metrics::Impl {
    explicit Impl(const Settings& settings);

    void configure(const Settings& settings);
    void add_mailbox_of(const Settings& settings, const std::string& account);

    template <class T>
    using ByName = std::map<std::string, std::unique_ptr<T>, std::less<>>;

    template <class T>
    static T* find(ByName<T>& map, std::string_view key) {
        const auto entry = map.find(key);
        return entry == map.end() ? nullptr : entry->second.get();
    }
    /// Puts `fresh` under its name in the place of what was made with the settings before.
    template <class T>
    static void put(ByName<T>& map, const std::string& name, std::unique_ptr<T> fresh) {
        std::unique_ptr<T>& slot = map[name];
        if (slot) fresh->replace(*slot);
        slot = std::move(fresh);
    }
    template <class T>
    static void remove(ByName<T>& map, std::string_view name) {
        const auto entry = map.find(name);
        if (entry == map.end()) return;
        entry->second->remove();
        map.erase(entry);
    }
    void put_connection(ByName<ConnectionMetrics>& map, const std::string& name, Protocol protocol,
                        const Endpoint& server);
    MailboxMetrics* mailbox(std::string_view account);
    ConnectionMetrics* connection(std::string_view account, Protocol protocol);
    std::string_view mailbox_name(std::string_view account) const;

    MetricStore store;
    prometheus::Gauge& journal{
        store.gauge("journal_healthy", "1 if what happens is on the disk before it counts.")
            .Add({})};
    prometheus::Gauge& reload_successful{
        store.gauge("config_last_reload_successful", "1 if the last reload was taken.").Add({})};
    prometheus::Gauge& reload_success_at{store
                                             .gauge("config_last_reload_success_timestamp_seconds",
                                                    "When the configuration in use was read.")
                                             .Add({})};
    prometheus::Gauge& clock{
        store.gauge("clock_timestamp_seconds", "What the clock of this machine says now.").Add({})};
    ProbeFamilies probe_families{store};
    MailboxFamilies mailbox_families{store};
    ConnectionFamilies connection_families{store};
    /// The mailbox of each account with a reading half.
    std::map<std::string, std::string, std::less<>> mailbox_names;
    ByName<ProbeMetrics> probes;
    ByName<MailboxMetrics> mailboxes;
    /// By account.
    ByName<ConnectionMetrics> smtp;
    /// By mailbox: accounts that share one share its connections.
    ByName<ConnectionMetrics> looking;
};

Metrics::Impl::Impl(const Settings& settings) {
    store.gauge("build_info", "Version and compiler of the program; always 1.")
        .Add({{"version", MAILPROBED_VERSION}, {"compiler", compiler_name()}})
        .Set(1);
    store.gauge("start_timestamp_seconds", "When this process began; never changes while it runs.")
        .Add({})
        .Set(unix_seconds(wall_now()));
    journal.Set(1);
    configure(settings);
}

void Metrics::Impl::configure(const Settings& settings) {
    mailbox_names = mailboxes_of(settings);
    std::set<std::string_view> senders;
    std::set<std::string> boxes;
    const auto reads = [&](const std::string& account) {
        const auto name = mailbox_names.find(account);
        if (name != mailbox_names.end() && boxes.insert(name->second).second) {
            add_mailbox_of(settings, name->second);
        }
    };
    for (const ProbeSettings& probe : settings.probes) {
        const AccountSettings* from = settings.account(probe.from);
        const AccountSettings* to = settings.account(probe.to);
        put(probes, probe.name,
            std::make_unique<ProbeMetrics>(probe_families, probe, from, to,
                                           mailbox_name(probe.to)));
        if (probe.bounces && from != nullptr && from->mailbox) reads(from->name);
        reads(probe.to);
        if (from == nullptr || !from->smtp || !senders.insert(from->name).second) continue;
        put_connection(smtp, from->name, Protocol::smtp, from->smtp->server);
    }
    std::vector<std::string> unused;
    for (const auto& [name, series] : smtp) {
        if (!senders.contains(name)) unused.push_back(name);
    }
    for (const std::string& name : unused)
        remove(smtp, name);
}

void Metrics::Impl::add_mailbox_of(const Settings& settings, const std::string& account) {
    const MailboxSettings& half = *settings.account(account)->mailbox;
    put(mailboxes, account, std::make_unique<MailboxMetrics>(mailbox_families, account, half));
    put_connection(looking, account, half.protocol, half.server);
}

void Metrics::Impl::put_connection(ByName<ConnectionMetrics>& map, const std::string& name,
                                   Protocol protocol, const Endpoint& server) {
    const ConnectionMetrics* known = find(map, name);
    if (known != nullptr && known->suits(server)) return;
    remove(map, name);
    map[name] = std::make_unique<ConnectionMetrics>(connection_families, name, protocol, server);
}

std::string_view Metrics::Impl::mailbox_name(std::string_view account) const {
    const auto name = mailbox_names.find(account);
    // One that is no longer configured may still be read.
    return name == mailbox_names.end() ? account : std::string_view(name->second);
}

MailboxMetrics* Metrics::Impl::mailbox(std::string_view account) {
    return find(mailboxes, mailbox_name(account));
}

ConnectionMetrics* Metrics::Impl::connection(std::string_view account, Protocol protocol) {
    if (protocol == Protocol::smtp) return find(smtp, account);
    return find(looking, mailbox_name(account));
}

Metrics::Metrics(const Settings& settings) : impl_(std::make_unique<Impl>(settings)) {}

Metrics::~Metrics() = default;

std::string Metrics::render() const {
    // All other instants are by this clock, so they can only be compared with it.
    impl_->clock.Set(unix_seconds(wall_now()));
    return impl_->store.render();
}

void Metrics::reconfigure(const Settings& settings) {
    impl_->configure(settings);
}

void Metrics::reloaded(bool successful, WallTime at) {
    impl_->reload_successful.Set(successful ? 1 : 0);
    if (successful) impl_->reload_success_at.Set(unix_seconds(at));
}

void Metrics::take(const ProbeGone& fact) {
    Impl::remove(impl_->probes, fact.probe);
}

void Metrics::take(const MailboxGone& fact) {
    Impl::remove(impl_->mailboxes, fact.mailbox);
    Impl::remove(impl_->looking, fact.mailbox);
}

void Metrics::journal_healthy(bool healthy) {
    impl_->journal.Set(healthy ? 1 : 0);
}

void Metrics::take(const ProbeRestored& fact) {
    if (auto* probe = Impl::find(impl_->probes, fact.probe)) probe->restored(fact);
}

void Metrics::take(const AttemptRefused& fact) {
    if (auto* found = Impl::find(impl_->probes, fact.probe)) found->attempt_refused();
}

void Metrics::take(const MailStarted& fact) {
    if (auto* probe = Impl::find(impl_->probes, fact.probe)) probe->mail_started(fact);
}

void Metrics::take(const StageDone& fact) {
    if (auto* probe = Impl::find(impl_->probes, fact.probe)) probe->stage_done(fact);
}

void Metrics::take(const MailJudged& fact) {
    if (auto* probe = Impl::find(impl_->probes, fact.probe)) probe->mail_judged(fact);
}

void Metrics::take(const EvidenceFound& fact) {
    if (auto* probe = Impl::find(impl_->probes, fact.probe)) probe->evidence_found(fact);
}

void Metrics::take(const PendingState& fact) {
    if (auto* probe = Impl::find(impl_->probes, fact.probe)) probe->pending_changed(fact);
}

void Metrics::take(const TickMissed& fact) {
    if (auto* found = Impl::find(impl_->probes, fact.probe))
        found->tick_missed(fact.reason, fact.count);
}

void Metrics::take(const LookDone& fact) {
    if (auto* mailbox = impl_->mailbox(fact.mailbox)) mailbox->look_done(fact);
}

void Metrics::take(const TagRejected& fact) {
    if (auto* found = impl_->mailbox(fact.mailbox)) found->tag_rejected(fact.reason);
}

void Metrics::take(const Connected& fact) {
    if (auto* found = impl_->connection(fact.account, fact.protocol)) found->connected(fact.family);
}

void Metrics::take(const Encrypted& fact) {
    if (auto* found = impl_->connection(fact.account, fact.protocol)) found->encrypted(fact.facts);
}

}  // namespace mailprobed
