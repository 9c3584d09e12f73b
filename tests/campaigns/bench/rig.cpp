// SPDX-License-Identifier: Apache-2.0
// The wiring of daemon/app.cpp and probes/monitor/monitor.cpp once more.
#include "tests/campaigns/bench/rig.hpp"

#include "daemon/store/sql_journal.hpp"
#include "probes/domain/plan/routing.hpp"
#include "probes/net/crypto.hpp"

#include <algorithm>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace mailprobed::bench {
namespace {

constexpr std::size_t kMaxSessions = 15'000;

void report_bug(const std::exception_ptr& error) {
    try {
        std::rethrow_exception(error);
    } catch (const std::exception& e) {
        std::fprintf(stderr, "mailprobed-bench: %s\n", e.what());
    }
    std::terminate();
}

std::unique_ptr<Journal> journal_of(const Settings& settings, const Executor& executor) {
    if (settings.state_directory.empty()) return std::make_unique<MemoryJournal>();
    const auto on_health = [](bool healthy, const std::string& why) {
        // What is measured then is not the journal.
        if (!healthy) report_bug(std::make_exception_ptr(std::runtime_error("journal: " + why)));
    };
    return std::make_unique<SqlJournal>(
        executor, JournalPlace{settings.state_directory, settings.evidence, settings.history},
        on_health);
}

}  // namespace

AccountSettings bench_account(const ServerAddress& server, const std::string& name) {
    Endpoint endpoint;
    endpoint.host = "127.0.0.1";
    endpoint.tls = server.ca_file.empty() ? TlsMode::none : TlsMode::implicit;
    endpoint.ca_file = server.ca_file;
    AccountSettings account;
    account.name = name;
    account.address = name + "@bench.test";
    SmtpSettings& smtp = account.smtp.emplace();
    smtp.server = endpoint;
    smtp.server.port = server.smtp;
    smtp.username = name;
    smtp.password = Secret("bench");
    smtp.allow_plaintext_auth = true;
    MailboxSettings& pop3 = account.mailbox.emplace();
    pop3.server = endpoint;
    pop3.server.port = server.pop3;
    pop3.username = name;
    pop3.password = Secret("bench");
    pop3.allow_plaintext_auth = true;
    return account;
}

Settings bench_settings() {
    Settings settings;
    // Refused logins are part of the weather here.
    settings.auth_backoff = Duration::zero();
    settings.instance = "bench";
    settings.tag_key = Secret("a key of thirty-two bytes or more");
    return settings;
}

Rig::Rig(Settings settings, Observer& extra)
    : settings_(std::move(settings)),
      log_(settings_.log),
      log_observer_(log_),
      metrics_(settings_),
      table_(settings_),
      journal_(journal_of(settings_, loop_.get_executor())),
      connector_(loop_.get_executor()),
      context_(std::make_shared<const Settings>(settings_),
               {loop_.get_executor(), *journal_, observers_,
                [this](const Endpoint& to) { return connector_.make(to); }, hmac_sha256, random_u64,
                kMaxSessions}),
      tasks_(loop_.get_executor(), report_bug) {
    observers_.add(metrics_);
    observers_.add(table_);
    observers_.add(log_observer_);
    observers_.add(extra);
    build();
}

void Rig::stop() {
    tasks_.cancel();
    loop_.restart();
    loop_.run();
}

void Rig::build() {
    std::vector<const AccountSettings*> mailboxes;
    for (const AccountSettings& account : settings_.accounts) {
        if (!account.mailbox) continue;
        context_.ledger.add_mailbox();
        context_.mailbox_numbers.push_back(mailbox_number(account.mailbox->id()));
        mailboxes.push_back(&account);
    }
    std::vector<std::vector<ProbeIndex>> ends_here(mailboxes.size());
    context_.wake = [this](MailboxIndex box) { watchers_[box]->notify(); };
    for (const ProbeSettings& probe : settings_.probes) {
        const auto place = std::ranges::find(mailboxes, settings_.account(probe.to));
        Route& route = context_.routes.emplace_back();
        route.probe = {context_.settings, &probe};
        route.from = {context_.settings, settings_.account(probe.from)};
        route.box = static_cast<MailboxIndex>(place - mailboxes.begin());
        route.login = &login_;
        route.mailbox_number = mailbox_number(settings_, probe);
        const Duration grace = probe.verdict_grace.value_or(std::chrono::minutes{2});
        ends_here.at(route.box).push_back(
            context_.ledger.add_probe({probe_id(probe.name), route.box, probe.deadline, grace}));
    }
    for (MailboxIndex box = 0; box < mailboxes.size(); ++box) {
        Watcher::Config duty;
        duty.account = {context_.settings, mailboxes[box]};
        duty.probes = ends_here[box];
        watchers_.push_back(std::make_unique<Watcher>(context_, box, std::move(duty)));
    }
    for (ProbeIndex probe = 0; probe < context_.routes.size(); ++probe)
        probers_.push_back(std::make_unique<Prober>(context_, probe));
}

void Rig::watch() {
    for (const auto& watcher : watchers_)
        tasks_.spawn(watcher->run());
}

}  // namespace mailprobed::bench
