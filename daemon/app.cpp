// SPDX-License-Identifier: Apache-2.0
// Wiring of the daemon: configuration, clocks, observers, monitor and web server on one loop.
#include "daemon/app.hpp"

#include "config/load.hpp"
#include "daemon/api/api.hpp"
#include "daemon/api/probe_table.hpp"
#include "daemon/api/routes.hpp"
#include "daemon/api/run_now.hpp"
#include "daemon/commands/ledger_command.hpp"
#include "daemon/commands/once.hpp"
#include "daemon/commands/start_failure.hpp"
#include "daemon/commands/status_command.hpp"
#include "daemon/http/listen_address.hpp"
#include "daemon/http/machine_names.hpp"
#include "daemon/http/security.hpp"
#include "daemon/http/server.hpp"
#include "daemon/log/log.hpp"
#include "daemon/log/log_observer.hpp"
#include "daemon/metrics/metrics.hpp"
#include "daemon/service/activation.hpp"
#include "daemon/service/app_log.hpp"
#include "daemon/service/notify.hpp"
#include "daemon/service/reload.hpp"
#include "daemon/service/session_limit.hpp"
#include "daemon/service/shutdown.hpp"
#include "daemon/service/tag_key.hpp"
#include "daemon/store/history.hpp"
#include "daemon/store/place.hpp"
#include "daemon/store/run_id.hpp"
#include "daemon/store/sql_journal.hpp"
#include "probes/monitor/monitor.hpp"
#include "probes/monitor/observer_list.hpp"
#include "probes/net/crypto.hpp"
#include "probes/net/socket_channel.hpp"
#include "probes/net/task_group.hpp"

#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <memory>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

namespace mailprobed {
namespace {

void harden_process() {
    std::signal(SIGPIPE, SIG_IGN);
    // Passwords are in memory: no core dumps, no ptrace by other processes of the same user.
    ::prctl(PR_SET_DUMPABLE, 0);
    const rlimit none{0, 0};
    ::setrlimit(RLIMIT_CORE, &none);
    // Ledger and key are for this user alone.
    ::umask(0077);
}

/// The configuration as the command line wants it.
LoadedConfig load(const Options& options) {
    LoadedConfig config = load_config(options.config_file, process_context(options.config_file));
    if (options.log_level) config.settings.log.level = *options.log_level;
    if (options.log_format) config.settings.log.format = *options.log_format;
    return config;
}

class Daemon {
  public:
    /// `sockets` come from the service manager.
    Daemon(const Options& options, Settings settings, std::string masked, std::vector<int> sockets)
        : options_(options),
          sockets_(std::move(sockets)),
          settings_(std::move(settings)),
          masked_(std::make_shared<const std::string>(std::move(masked))),
          log_(settings_.log),
          log_observer_(log_),
          metrics_(settings_),
          table_(settings_),
          journal_(io_.get_executor(),
                   {settings_.state_directory, settings_.evidence, settings_.history, run_id_},
                   [this](bool healthy, const std::string& why) { journal_state(healthy, why); }),
          history_(settings_, [this](DetailRecord record) { journal_.keep(std::move(record)); }),
          connector_(io_.get_executor()),
          signals_(io_, SIGTERM, SIGINT),
          reloader_(
              io_.get_executor(), [this] { notify_.reloading(); },
              [options] { return load(options); },
              [this](LoadedConfig config) {
                  ReloadResult result = apply(std::move(config));
                  notify_.reloaded();
                  return result;
              }),
          notify_(io_.get_executor()) {
        metrics_.reloaded(true, wall_now());
        observers_.add(metrics_);
        observers_.add(table_);
        observers_.add(log_observer_);
        observers_.add(history_);
    }

    /// Names beside loopback's and those of `listen` under which requests may come.
    [[nodiscard]] std::vector<std::string> allowed_hosts() const {
        std::vector<std::string> names = own_machine_names();
        for (const auto* more : {&options_.allowed_hosts, &settings_.web.allowed_hosts})
            names.insert(names.end(), more->begin(), more->end());
        return names;
    }

    ExitStatus run(const std::vector<ConfigProblem>& warnings) {
        sessions_ = sessions_allowed();
        stop_.watch({SIGTERM, SIGINT});
        warn(warnings, settings_);
        WebSetup setup{settings_.web.listen, std::move(sockets_), options_.web_config_file,
                       allowed_hosts()};
        setup.config_changed = [this](const auto& problems) { log_web_config(log_, problems); };
        WebServer web(io_.get_executor(), setup, routes_of(handlers()));
        Monitor monitor(settings_, {io_.get_executor(), journal_, observers_,
                                    [this](const Endpoint& to) { return connector_.make(to); },
                                    hmac_sha256, random_u64, sessions_, journal_.load(), run_id_});
        monitor_ = &monitor;
        TaskGroup tasks(io_.get_executor(), [this](const std::exception_ptr& error) {
            bug_ = true;
            log_bug(log_, error);
            io_.stop();
        });
        tasks.spawn(monitor.run());
        tasks.spawn(end_on_signal(monitor, web, tasks));
        tasks.spawn(reloader_.run());
        tasks.spawn(reload_on_signal());
        web.start();
        // Begins after the monitor's first step, in which it takes up what an earlier run left.
        tasks.spawn(notify_.run(notify_sources(monitor)));
        ready_ = true;
        std::string listens;
        for (const ListenAddress& address : web.addresses())
            listens += (listens.empty() ? "" : ",") + to_string(address);
        log_.write(LogLevel::info, "started",
                   {{"version", MAILPROBED_VERSION},
                    {"probes", settings_.probes.size()},
                    {"listen", listens}});
        io_.run();
        const bool kept = journal_.close(stop_.journal_time());
        const LedgerTotals totals = monitor.totals();
        log_.write(LogLevel::info, "stopped",
                   {{"started", totals.started},
                    {"restored", totals.restored},
                    {"verdicts", totals.verdicts},
                    {"pending", totals.pending}});
        if (!kept) exit_without_flush();
        return bug_ ? ExitStatus::internal : ExitStatus::ok;
    }

  private:
    WebHandlers handlers() {
        WebHandlers result;
        result.metrics = [this] { return metrics_.render(); };
        result.ready = [this] { return ready_; };
        result.config = [this] { return *masked_.load(); };
        result.api_state = [this] {
            return ApiState{table_.rows(), settings_.instance, journal_.healthy(), wall_now()};
        };
        result.api = [this](const ApiTarget& target, const ApiState& state, ApiClient client) {
            return api_.answer(target, state, client);
        };
        result.run = [this](const std::string& probe) {
            return run_now(*monitor_, runs_, probe, BootClock::now());
        };
        result.reload = [this] { return reload_by_request(); };
        return result;
    }

    NotifySources notify_sources(const Monitor& monitor) {
        NotifySources sources;
        sources.status = [this] { return status_line(table_.rows()); };
        sources.scheduler = [&monitor] {
            const std::optional<Instant> tick = monitor.next_tick();
            if (!tick) return ActivityCounter{};
            return ActivityCounter{*tick < BootClock::now(),
                                   static_cast<std::uint64_t>(tick->time_since_epoch().count())};
        };
        sources.journal = [this] { return journal_.activity(); };
        sources.on_standstill = [this](std::string_view part) {
            log_.write(LogLevel::error, "standstill",
                       {{"part", part}, {"effect", "the service manager restarts the daemon"}});
        };
        return sources;
    }

    /// Ends everything in order when the first signal comes; a second one ends the process at once.
    Awaitable<void> end_on_signal(Monitor& monitor, WebServer& web, TaskGroup& tasks) {
        const int signal = co_await signals_.async_wait(asio::use_awaitable_t<Executor>{});
        log_.write(LogLevel::info, "stopping",
                   {{"signal", signal == SIGTERM ? "SIGTERM" : "SIGINT"}});
        ready_ = false;
        stop_.begin();
        notify_.stopping();
        monitor.stop_ticks();
        std::function<std::size_t()> sessions = [&monitor] { return monitor.sessions(); };
        co_await stop_.drain(std::move(sessions));
        // From here on the loop may be busy elsewhere.
        boost::system::error_code ignored;
        signals_.cancel(ignored);
        signals_.clear(ignored);
        std::signal(SIGTERM, SIG_DFL);
        std::signal(SIGINT, SIG_DFL);
        api_.end();
        co_await web.stop();
        // The monitor's own task is cancelled; this one ends by itself.
        tasks.cancel();
    }

    Awaitable<void> reload_on_signal() {
        for (;;) {
            const int signal = co_await hangup_.async_wait(asio::use_awaitable_t<Executor>{});
            if (signal == SIGHUP) reloader_.request();
        }
    }

    Awaitable<WebResponse> reload_by_request() {
        const ReloadResult result = co_await reloader_.reload();
        // As Prometheus itself answers.
        co_return plain(result.taken ? 200 : 500, result.text);
    }

    /// Goes on by a configuration that was read again, if it is good and nothing in it needs a
    /// restart.
    ReloadResult apply(LoadedConfig config) {
        Settings& next = config.settings;
        std::string reasons;
        for (const ConfigProblem& problem : config.problems)
            reasons += problem.text() + "\n";
        if (reasons.empty()) {
            try {
                if (next.tag_key.empty())
                    next.tag_key = load_or_create_tag_key(next.state_directory);
                reasons = reasons_for_restart(settings_, next);
            } catch (const std::exception& error) {
                reasons = std::string(error.what()) + "\n";
            }
        }
        if (!reasons.empty()) {
            log_.write(LogLevel::error, "reload_refused",
                       {{"why", reasons}, {"effect", "the configuration before stays in use"}});
            metrics_.reloaded(false, wall_now());
            return {false, std::move(reasons)};
        }
        std::string text = difference(settings_, next);
        warn(config.warnings, next);
        log_.set_level(next.log.level);
        settings_ = std::move(next);
        masked_.store(std::make_shared<const std::string>(std::move(config.masked)));
        metrics_.reconfigure(settings_);
        table_.reconfigure(settings_);
        connector_.forget_certificates();
        monitor_->reconfigure(settings_);
        metrics_.reloaded(true, wall_now());
        log_.write(LogLevel::info, "reloaded", {{"changes", text}});
        return {true, std::move(text)};
    }

    void warn(const std::vector<ConfigProblem>& warnings, const Settings& settings) {
        for (const ConfigProblem& warning : warnings) {
            log_.write(LogLevel::warning, "config_warning", {{"message", warning.text()}});
        }
        if (most_sessions(settings) > static_cast<double>(sessions_)) {
            log_.write(LogLevel::warning, "descriptor_limit_low",
                       {{"limit", sessions_},
                        {"wanted", most_sessions(settings)},
                        {"remedy", "raise LimitNOFILE= of the unit or use longer intervals"}});
        }
    }

    /// The writer thread may hang in the disk for ever, and with it every destructor.
    [[noreturn]] void exit_without_flush() {
        log_.write(LogLevel::error, "journal_incomplete",
                   {{"effect", "mails whose last records are missing are judged by the next run"},
                    {"remedy", "free or mend the disk of state_directory"}});
        std::_Exit(static_cast<int>(bug_ ? ExitStatus::internal : ExitStatus::unwritten));
    }

    void journal_state(bool healthy, const std::string& why) {
        metrics_.journal_healthy(healthy);
        log_journal_state(log_, healthy, why);
    }

    Options options_;
    std::vector<int> sockets_;
    Settings settings_;
    /// Pages are made on another thread.
    std::atomic<std::shared_ptr<const std::string>> masked_;
    Log log_;
    LogObserver log_observer_;
    Metrics metrics_;
    ProbeTable table_;
    ObserverList observers_;
    asio::io_context io_{1};
    /// Before anything that takes time: a reload asked for too early must not end the process.
    asio::basic_signal_set<Executor> hangup_{io_, SIGHUP};
    /// Of this process; a copy of the machine has another.
    const std::uint32_t run_id_ = new_run_id();
    SqlJournal journal_;
    History history_;
    Connector connector_;
    asio::basic_signal_set<Executor> signals_;
    Reloader reloader_;
    /// Only while run() runs.
    Monitor* monitor_ = nullptr;
    std::size_t sessions_ = 0;
    Notify notify_;
    ShutdownTimer stop_;
    /// Asked on another thread only.
    Api api_{[directory = settings_.state_directory] { return ledger_path(directory); }};
    RunLimit runs_;
    bool ready_ = false;
    bool bug_ = false;
};

ExitCode start(const Options& options, LoadedConfig config, std::vector<int> sockets) {
    Settings& settings = config.settings;
    if (options.action == Action::ledger) return run_ledger(settings.state_directory, options);
    std::error_code exists_or_fails_below;
    std::filesystem::create_directories(settings.state_directory, exists_or_fails_below);
    if (settings.tag_key.empty()) {
        settings.tag_key = load_or_create_tag_key(settings.state_directory);
    }
    return Daemon(options, std::move(settings), std::move(config.masked), std::move(sockets))
        .run(config.warnings);
}

}  // namespace

ExitCode run_app(const Options& options) {
    harden_process();
    if (options.action == Action::status) return run_status(options);
    if (options.action == Action::once) return run_once(options);
    // Before password commands run, which must not inherit them.
    std::vector<int> sockets;
    try {
        sockets = activated_sockets();
    } catch (const std::exception& error) {
        std::cerr << "mailprobed: " << error.what() << '\n';
        return ExitStatus::config;
    }
    LoadedConfig config = load(options);
    std::vector<ConfigProblem> problems = config.problems;
    if (!options.web_config_file.empty()) {
        const auto more = check_web_config(options.web_config_file, config.warnings);
        problems.insert(problems.end(), more.begin(), more.end());
    }
    for (const ConfigProblem& problem : problems)
        std::cerr << problem.text() << '\n';
    if (!problems.empty()) return status_of(problems);
    if (options.action == Action::check_config) {
        for (const ConfigProblem& warning : config.warnings) {
            std::cerr << "warning: " << warning.text() << '\n';
        }
        std::cout << options.config_file << ": ok, " << config.settings.probes.size() << " probes, "
                  << config.settings.accounts.size() << " accounts\n";
        return ExitStatus::ok;
    }
    try {
        return start(options, std::move(config), std::move(sockets));
    } catch (const std::exception&) {
        return report_startup_error();
    }
}

}  // namespace mailprobed
