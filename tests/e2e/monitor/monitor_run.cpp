// SPDX-License-Identifier: Apache-2.0
// Harness of the end-to-end tests.
#include "tests/e2e/monitor/monitor_run.hpp"

#include "probes/monitor/monitor.hpp"
#include "probes/net/crypto.hpp"
#include "probes/net/socket_channel.hpp"
#include "probes/net/task_group.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <filesystem>
#include <future>

namespace mailprobed::test {

using std::chrono::milliseconds;
using std::chrono::seconds;

void Recorder::take(const MailStarted& fact) {
    const std::lock_guard lock(mutex_);
    ++started[std::string(fact.probe)];
    starts[std::string(fact.probe)].push_back(fact.at);
    Duration& worst = worst_lag[std::string(fact.probe)];
    worst = std::max(worst, fact.start_lag);
    changed_.notify_all();
}

void Recorder::take(const AttemptRefused& fact) {
    tell(fact.probe, "refused");
}

void Recorder::take(const StageDone& fact) {
    {
        const std::lock_guard lock(mutex_);
        stages.push_back(fact.stage);
        changed_.notify_all();
    }
    tell(fact.probe, std::string(to_string(fact.stage)) + (fact.cause ? " failed" : ""));
}

void Recorder::tell(std::string_view probe, std::string_view what) const {
    if (on_fact) on_fact(probe, what);
}

void Recorder::take(const MailJudged& fact) {
    {
        const std::lock_guard lock(mutex_);
        verdicts.push_back({std::string(fact.probe), fact, std::string(fact.detail)});
        changed_.notify_all();
    }
    tell(fact.probe, "judged");
}

void Recorder::take(const EvidenceFound& fact) {
    {
        const std::lock_guard lock(mutex_);
        ++evidence[std::string(fact.probe)][fact.kind];
        changed_.notify_all();
    }
    tell(fact.probe, "evidence");
}

void Recorder::take(const LookDone& fact) {
    {
        const std::lock_guard lock(mutex_);
        count_look(fact);
        changed_.notify_all();
    }
    if (fact.complete) tell(fact.mailbox, "look");
}

void Recorder::count_look(const LookDone& fact) {
    ++looks;
    if (fact.complete) ++complete_looks;
    deleted += fact.deleted;
    came_again += fact.came_again;
    if (fact.clock_ahead) clock_ahead = fact.clock_ahead;
    if (fact.failure) look_failures.push_back(fact.failure);
    const std::string mailbox(fact.mailbox);
    longest_look[mailbox] = std::max(longest_look[mailbox], fact.took);
    if (fact.failure) failures_of[mailbox].push_back(*fact.failure);
}

void Recorder::take(const TickMissed& fact) {
    const std::lock_guard lock(mutex_);
    missed[std::string(fact.probe)] += fact.count;
    changed_.notify_all();
}

void Recorder::take(const ProbeGone& fact) {
    const std::lock_guard lock(mutex_);
    gone.emplace_back(fact.probe);
    changed_.notify_all();
}

void Recorder::take(const MailboxGone& fact) {
    const std::lock_guard lock(mutex_);
    gone.push_back("mailbox " + std::string(fact.mailbox));
    changed_.notify_all();
}

void Recorder::take(const TagRejected& fact) {
    const std::lock_guard lock(mutex_);
    ++rejected[fact.reason];
    changed_.notify_all();
}

void Recorder::take(const InternalError& fact) {
    const std::lock_guard lock(mutex_);
    internal_errors.push_back(std::string(fact.where) + ": " + std::string(fact.what));
}

void Recorder::take(const TranscriptLine& fact) {
    const std::lock_guard lock(mutex_);
    transcript += to_string(fact.protocol);
    transcript += fact.who == Speaker::client   ? " C: "
                  : fact.who == Speaker::server ? " S: "
                                                : " -- ";
    transcript += fact.text;
    transcript += '\n';
}

bool Recorder::wait(const std::function<bool(const Recorder&)>& ready, milliseconds limit) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, limit, [&] { return ready(*this); });
}

void Recorder::locked(const std::function<void(const Recorder&)>& read) const {
    const std::lock_guard lock(mutex_);
    read(*this);
}

int Recorder::count(const std::string& probe, Verdict verdict) const {
    return static_cast<int>(std::ranges::count_if(verdicts, [&](const RecordedVerdict& v) {
        return v.probe == probe && v.fact.verdict == verdict;
    }));
}

bool Recorder::look_failed(Stage stage, Cause cause) const {
    const StageCause pair{stage, cause};
    return std::ranges::any_of(look_failures, [&](const auto& failure) { return failure == pair; });
}

std::vector<loopback::Account> accounts_for(const std::vector<std::string>& users) {
    std::vector<loopback::Account> accounts;
    for (const std::string& user : users) {
        accounts.push_back({user + "@test.invalid", user, "pw-" + user, {}});
    }
    return accounts;
}

Settings settings_for(const loopback::Server& server, const std::vector<std::string>& users,
                      const AccountStyle& style) {
    Settings settings;
    // Refused logins are part of the weather here.
    settings.auth_backoff = Duration::zero();
    settings.instance = "test";
    settings.tag_key = Secret(std::string(32, 'k'));
    const loopback::Ports ports = server.ports();
    const bool implicit = style.tls == TlsMode::implicit;
    for (const std::string& user : users) {
        AccountSettings account;
        account.name = user;
        account.address = user + "@test.invalid";
        Endpoint endpoint;
        endpoint.host = "127.0.0.1";
        endpoint.tls = style.tls;
        if (style.tls != TlsMode::none) endpoint.ca_file = server.ca_file();
        SmtpSettings smtp;
        smtp.server = endpoint;
        smtp.server.port = implicit ? ports.smtps : ports.smtp;
        smtp.username = user;
        smtp.password = Secret("pw-" + user);
        smtp.auth = style.smtp_auth;
        smtp.allow_plaintext_auth = true;
        MailboxSettings pop3;
        pop3.server = endpoint;
        pop3.server.port = implicit ? ports.pop3s : ports.pop3;
        pop3.username = user;
        pop3.password = Secret("pw-" + user);
        pop3.auth = style.pop3_auth;
        pop3.allow_plaintext_auth = true;
        pop3.poll.first = milliseconds{50};
        pop3.poll.growth = 1.3;
        pop3.poll.max = milliseconds{300};
        account.smtp = smtp;
        account.mailbox = pop3;
        settings.accounts.push_back(account);
        ProbeSettings probe;
        probe.name = user;
        probe.from = user;
        probe.to = user;
        probe.to_address = account.address;
        probe.interval = seconds{1};
        probe.deadline = seconds{2};
        probe.verdict_grace = milliseconds{1500};
        settings.probes.push_back(probe);
    }
    return settings;
}

namespace {

MonitorDependencies needs_of(asio::io_context& io, Journal& journal, Observer& observer,
                             Connector& connector) {
    MonitorDependencies needs{io.get_executor(), journal, observer, {}, hmac_sha256, random_u64};
    if (auto* durable = dynamic_cast<SqlJournal*>(&journal)) needs.restored = durable->load();
    needs.channels = [&connector](const Endpoint& endpoint) { return connector.make(endpoint); };
    return needs;
}

Awaitable<void> once(Monitor& monitor, std::string probe, std::optional<Judgement>& result) {
    result = co_await monitor.run_once(std::move(probe));
}

Awaitable<void> run_when_kept(Journal& journal, std::function<void()> then) {
    JournalRecord nothing = EntriesRecord{};
    co_await journal.record(std::move(nothing));
    then();
}

}  // namespace

Judgement send_once(const Settings& settings, const std::string& probe, Recorder& recorder) {
    asio::io_context io(1);
    MemoryJournal journal;
    Connector connector(io.get_executor());
    Monitor monitor(settings, needs_of(io, journal, recorder, connector));
    std::optional<Judgement> result;
    std::exception_ptr problem;
    TaskGroup tasks(io.get_executor(), [&](const std::exception_ptr& error) { problem = error; });
    tasks.spawn(once(monitor, probe, result));
    io.run();
    if (problem) std::rethrow_exception(problem);
    return result.value();
}

struct MonitorThread::Impl {
    Impl(Settings wanted, Observer& observer, LookupFunction lookup,
         SqlJournal::HealthHandler on_health)
        : settings(std::move(wanted)),
          journal(journal_for(std::move(on_health))),
          connector(io.get_executor(), std::move(lookup)),
          monitor(settings, needs_of(io, *journal, observer, connector)),
          tasks(io.get_executor()) {
        tasks.spawn(monitor.run());
        thread = std::thread([this] { io.run(); });
    }

    std::unique_ptr<Journal> journal_for(SqlJournal::HealthHandler on_health) {
        if (settings.state_directory.empty()) return std::make_unique<MemoryJournal>();
        return std::make_unique<SqlJournal>(
            io.get_executor(),
            JournalPlace{settings.state_directory, settings.evidence, settings.history},
            std::move(on_health));
    }

    Settings settings;
    asio::io_context io{1};
    std::unique_ptr<Journal> journal;
    Connector connector;
    Monitor monitor;
    TaskGroup tasks;
    std::thread thread;
};

MonitorThread::MonitorThread(Settings settings, Observer& observer, LookupFunction lookup,
                             SqlJournal::HealthHandler on_health)
    : impl_(std::make_unique<Impl>(std::move(settings), observer, std::move(lookup),
                                   std::move(on_health))) {}

MonitorThread::~MonitorThread() {
    stop();
    if (!impl_->io.stopped()) return;
    // What died still holds sockets and frames; they end in the order of their owners.
    impl_->io.restart();
    impl_->tasks.cancel();
    impl_->io.run();
}

void MonitorThread::reconfigure(Settings settings) {
    std::promise<void> done;
    asio::post(impl_->io, [&] {
        impl_->monitor.reconfigure(std::move(settings));
        done.set_value();
    });
    done.get_future().wait();
}

LedgerTotals MonitorThread::stop() {
    if (impl_->thread.joinable()) {
        cancel();
        join();
    }
    return impl_->monitor.totals();
}

void MonitorThread::cancel() {
    asio::post(impl_->io, [this] { impl_->tasks.cancel(); });
}

void MonitorThread::join() {
    impl_->thread.join();
}

void MonitorThread::die(const std::string& directory) {
    // The write-ahead log last: a frame that the database lacks must be in it.
    for (const char* file : {"/ledger.db", "/ledger.db-wal"}) {
        std::filesystem::copy(impl_->settings.state_directory + file, directory + file,
                              std::filesystem::copy_options::overwrite_existing);
    }
    impl_->io.stop();
}

void MonitorThread::when_kept(std::function<void()> then) {
    asio::post(impl_->io, [this, then = std::move(then)]() mutable {
        impl_->tasks.spawn(run_when_kept(*impl_->journal, std::move(then)));
    });
}

}  // namespace mailprobed::test
