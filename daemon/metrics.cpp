// SPDX-License-Identifier: Apache-2.0
// Finds the probe, mailbox or account a fact is about and passes the fact on.
#include "daemon/metrics.hpp"

#include "daemon/connection_metrics.hpp"
#include "daemon/labels.hpp"
#include "daemon/mailbox_metrics.hpp"
#include "daemon/metric_store.hpp"
#include "daemon/probe_metrics.hpp"

#include <map>
#include <string_view>
#include <utility>

namespace mailprobed {

struct Metrics::Impl {
    explicit Impl(const Settings& settings);

    void add_probe(const Settings& settings, const ProbeSettings& probe);
    void add_mailbox_of(const Settings& settings, const std::string& account);
    void add_mailbox(const Settings& settings, const std::string& name);

    template <class Map>
    static typename Map::mapped_type* find(Map& map, std::string_view key) {
        const auto entry = map.find(key);
        return entry == map.end() ? nullptr : &entry->second;
    }
    MailboxMetrics* mailbox(std::string_view account);
    ConnectionMetrics* connection(std::string_view account, Protocol protocol);

    template <class T>
    using ByName = std::map<std::string, T, std::less<>>;

    MetricStore store;
    prometheus::Gauge& journal{
        store.gauge("journal_healthy", "1 if what happens is on the disk before it counts.")
            .Add({})};
    ProbeFamilies probe_families{store};
    MailboxFamilies mailbox_families{store};
    ConnectionFamilies connection_families{store};
    /// The mailbox of each account with a reading half.
    ByName<std::string> mailbox_names;
    ByName<ProbeMetrics> probes;
    ByName<MailboxMetrics> mailboxes;
    /// By account.
    ByName<ConnectionMetrics> smtp;
    /// By mailbox: accounts that share one share its connections.
    ByName<ConnectionMetrics> pop3;
};

Metrics::Impl::Impl(const Settings& settings) : mailbox_names(mailboxes_of(settings)) {
    store.gauge("build_info", "Version and compiler of the program; always 1.")
        .Add({{"version", MAILPROBED_VERSION}, {"compiler", compiler_name()}})
        .Set(1);
    journal.Set(1);
    for (const ProbeSettings& probe : settings.probes)
        add_probe(settings, probe);
}

void Metrics::Impl::add_probe(const Settings& settings, const ProbeSettings& probe) {
    const AccountSettings* from = settings.account(probe.from);
    const AccountSettings* to = settings.account(probe.to);
    probes.try_emplace(probe.name, probe_families, probe, from, to);
    if (probe.bounces && from != nullptr && from->pop3) add_mailbox_of(settings, from->name);
    if (from != nullptr && from->smtp && find(smtp, from->name) == nullptr) {
        smtp.try_emplace(from->name, connection_families, from->name, Protocol::smtp,
                         from->smtp->server);
    }
    add_mailbox_of(settings, probe.to);
}

void Metrics::Impl::add_mailbox_of(const Settings& settings, const std::string& account) {
    const std::string* name = find(mailbox_names, account);
    if (name != nullptr && find(mailboxes, *name) == nullptr) add_mailbox(settings, *name);
}

void Metrics::Impl::add_mailbox(const Settings& settings, const std::string& name) {
    const Pop3Settings& settings_of_it = *settings.account(name)->pop3;
    mailboxes.try_emplace(name, mailbox_families, name, settings_of_it);
    pop3.try_emplace(name, connection_families, name, Protocol::pop3, settings_of_it.server);
}

MailboxMetrics* Metrics::Impl::mailbox(std::string_view account) {
    const std::string* name = find(mailbox_names, account);
    return name == nullptr ? nullptr : find(mailboxes, *name);
}

ConnectionMetrics* Metrics::Impl::connection(std::string_view account, Protocol protocol) {
    if (protocol == Protocol::smtp) return find(smtp, account);
    const std::string* name = find(mailbox_names, account);
    return name == nullptr ? nullptr : find(pop3, *name);
}

Metrics::Metrics(const Settings& settings) : impl_(std::make_unique<Impl>(settings)) {}

Metrics::~Metrics() = default;

std::string Metrics::render() const {
    return impl_->store.render();
}

void Metrics::journal_healthy(bool healthy) {
    impl_->journal.Set(healthy ? 1 : 0);
}

void Metrics::probe_restored(const ProbeRestored& fact) {
    if (auto* probe = Impl::find(impl_->probes, fact.probe)) probe->restored(fact);
}

void Metrics::attempt_refused(std::string_view probe, std::uint64_t /*mail*/,
                              StageCause /*failure*/) {
    if (auto* found = Impl::find(impl_->probes, probe)) found->attempt_refused();
}

void Metrics::mail_started(const MailStarted& fact) {
    if (auto* probe = Impl::find(impl_->probes, fact.probe)) probe->mail_started(fact);
}

void Metrics::stage_done(const StageDone& fact) {
    if (auto* probe = Impl::find(impl_->probes, fact.probe)) probe->stage_done(fact);
}

void Metrics::mail_judged(const MailJudged& fact) {
    if (auto* probe = Impl::find(impl_->probes, fact.probe)) probe->mail_judged(fact);
}

void Metrics::evidence_found(const EvidenceFound& fact) {
    if (auto* probe = Impl::find(impl_->probes, fact.probe)) probe->evidence_found(fact);
}

void Metrics::pending_changed(const PendingState& fact) {
    if (auto* probe = Impl::find(impl_->probes, fact.probe)) probe->pending_changed(fact);
}

void Metrics::tick_missed(std::string_view probe, MissReason reason, std::uint64_t count) {
    if (auto* found = Impl::find(impl_->probes, probe)) found->tick_missed(reason, count);
}

void Metrics::look_done(const LookDone& fact) {
    if (auto* mailbox = impl_->mailbox(fact.mailbox)) mailbox->look_done(fact);
}

void Metrics::tag_rejected(std::string_view mailbox, TagReject reason) {
    if (auto* found = impl_->mailbox(mailbox)) found->tag_rejected(reason);
}

void Metrics::connected(std::string_view account, Protocol protocol, IpFamily family) {
    if (auto* found = impl_->connection(account, protocol)) found->connected(family);
}

void Metrics::encrypted(std::string_view account, Protocol protocol, const TlsFacts& facts) {
    if (auto* found = impl_->connection(account, protocol)) found->encrypted(facts);
}

}  // namespace mailprobed
