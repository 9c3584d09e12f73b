// SPDX-License-Identifier: Apache-2.0
// The experiment that the project began with.
#include "daemon/once.hpp"

#include "config/load.hpp"
#include "daemon/log.hpp"
#include "daemon/log_observer.hpp"
#include "daemon/mail_progress.hpp"
#include "daemon/nagios.hpp"
#include "daemon/observer_list.hpp"
#include "daemon/progress_line.hpp"
#include "daemon/run_id.hpp"
#include "daemon/start_failure.hpp"
#include "daemon/tag_key.hpp"
#include "daemon/text.hpp"
#include "daemon/transcript.hpp"
#include "probes/monitor/monitor.hpp"
#include "probes/monitor/routing.hpp"
#include "probes/net/boot_clock.hpp"
#include "probes/net/crypto.hpp"
#include "probes/net/socket_channel.hpp"
#include "probes/net/task_group.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <unistd.h>
#include <utility>

namespace mailprobed {
namespace {

constexpr std::chrono::milliseconds kRepaint{250};

/// Notes what `once` tells at the end.
class Findings final : public Observer {
  public:
    /// Looks into the mailbox of account `sender`, where only reports come, do not count.
    explicit Findings(std::string sender) : sender_(std::move(sender)) {}

    void stage_done(const StageDone& fact) override {
        smtp = fact.took + smtp.value_or(Duration{});
    }
    void mail_judged(const MailJudged& fact) override {
        mail = fact.mail;
        delivery = fact.delivery;
    }
    void evidence_found(const EvidenceFound& fact) override {
        duplicated = duplicated || fact.kind == Evidence::duplicate;
    }
    void look_done(const LookDone& fact) override {
        if (!sender_.empty() && fact.mailbox == sender_) return;
        deleted += fact.deleted;
        ++looks;
        pop3 = fact.took;
        look_failure = fact.failure;
    }

    std::uint64_t mail = 0;
    Duration delivery{};
    bool duplicated = false;
    std::uint32_t deleted = 0;
    std::uint64_t looks = 0;
    std::optional<Duration> smtp, pop3;
    std::optional<StageCause> look_failure;

  private:
    std::string sender_;
};

/// The account under whose name reports of the probe's mails are looked for, if they come into
/// another mailbox than the mails; else "".
std::string reports_account(const Settings& settings, std::string_view probe) {
    const Routing routing = routing_of(settings);
    for (std::size_t i = 0; i < settings.probes.size(); ++i) {
        const auto& bounces = routing.ways[i].bounces;
        if (settings.probes[i].name == probe && bounces)
            return routing.boxes[*bounces].account->name;
    }
    return {};
}

std::string hex(std::uint64_t id) {
    std::array<char, 17> text{};
    std::snprintf(text.data(), text.size(), "%016llx", static_cast<unsigned long long>(id));
    return text.data();
}

/// Says why there is no verdict, in the form that was asked for.
ExitStatus refuse(const Options& options, ExitStatus status, const std::string& why) {
    if (options.nagios) {
        std::cout << check_unknown(why) << std::endl;
        return ExitStatus::check_unknown;
    }
    std::cerr << "mailprobed: " << why << '\n';
    return status;
}

std::string unknown_probe(const Options& options, const Settings& settings) {
    std::string text =
        "the configuration has no probe called " + printable(options.probe) + "; it has";
    for (const ProbeSettings& known : settings.probes)
        text += ' ' + known.name;
    return text;
}

class Once {
  public:
    Once(const Options& options, Settings settings, ProbeSettings probe)
        : options_(options),
          settings_(std::move(settings)),
          probe_(std::move(probe)),
          sender_(reports_account(settings_, probe_.name)),
          log_(settings_.log),
          log_observer_(log_),
          transcript_(std::cout, BootClock::now, sender_),
          progress_(probe_.name, settings_.account(probe_.from)->smtp->server.tls, probe_.deadline,
                    BootClock::now(), sender_),
          findings_(sender_),
          connector_(io_.get_executor()),
          signals_(io_, SIGTERM, SIGINT),
          repaint_(io_.get_executor()) {
        if (options.transcript) observers_.add(transcript_);
        // At debug and trace the log is what the operator asked for; otherwise the output below is.
        const bool logs = settings_.log.level <= LogLevel::debug && !options.nagios;
        if (logs) observers_.add(log_observer_);
        observers_.add(progress_);
        observers_.add(findings_);
        paints_ = !options.transcript && !logs && ::isatty(STDERR_FILENO) != 0;
        if (options.nagios) signals_.add(SIGALRM);
    }

    ExitStatus run() {
        MonitorNeeds needs{io_.get_executor(),
                           journal_,
                           observers_,
                           [this](const Endpoint& to) { return connector_.make(to); },
                           hmac_sha256,
                           random_u64,
                           10'000,
                           {},
                           new_run_id()};
        Monitor monitor(settings_, std::move(needs));
        std::string problem;
        TaskGroup tasks(io_.get_executor(), [this, &problem](const std::exception_ptr& error) {
            try {
                std::rethrow_exception(error);
            } catch (const std::exception& e) {
                problem = e.what();
            }
            finish();
        });
        signals_.async_wait([this](const boost::system::error_code& error, int signal) {
            if (!error) end_by(signal);
        });
        tasks.spawn(wait_for_verdict(monitor));
        if (paints_) tasks.spawn(paint(monitor));
        io_.run();
        line_.erase();
        if (!judgement_) {
            return refuse(options_, ExitStatus::internal, "internal error: " + problem);
        }
        return options_.nagios ? tell_check() : tell_person();
    }

  private:
    Awaitable<void> wait_for_verdict(Monitor& monitor) {
        judgement_ = co_await monitor.run_once(probe_.name);
        finish();
    }

    Awaitable<void> paint(const Monitor& monitor) {
        while (!finished_) {
            line_.show(progress_.line(BootClock::now(), monitor.next_look(probe_.name)));
            co_await sleep_until(repaint_, BootClock::now() + kRepaint);
        }
    }

    void finish() {
        finished_ = true;
        boost::system::error_code ignored;
        signals_.cancel(ignored);
        repaint_.cancel();
    }

    /// Nothing has to be kept, so nothing is waited for.
    [[noreturn]] void end_by(int signal) {
        line_.erase();
        const std::string name = signal == SIGTERM   ? "SIGTERM"
                                 : signal == SIGALRM ? "SIGALRM"
                                                     : "SIGINT";
        if (options_.nagios) {
            std::cout << check_unknown(progress_.line(BootClock::now(), std::nullopt) +
                                       "; ended by " + name + ": " + progress_.fate() +
                                       "; give the check longer than deadline and grace")
                      << std::endl;
            std::_Exit(static_cast<int>(ExitStatus::check_unknown));
        }
        std::cerr << "mailprobed: ended by " << name << ": " << progress_.fate() << std::endl;
        std::signal(signal, SIG_DFL);
        std::raise(signal);
        std::_Exit(static_cast<int>(ExitStatus::internal));
    }

    ExitStatus tell_check() const {
        CheckFacts facts;
        facts.probe = probe_.name;
        facts.verdict = judgement_->verdict;
        facts.failure = judgement_->failure;
        facts.detail = judgement_->detail;
        facts.round_trip = judgement_->upper - judgement_->started;
        facts.uncertainty = judgement_->upper - judgement_->lower;
        facts.delivery = findings_.delivery;
        facts.body = judgement_->body;
        facts.removed = findings_.deleted > 0;
        facts.duplicated = findings_.duplicated;
        facts.slo_latency = probe_.slo_latency;
        facts.deadline = probe_.deadline;
        facts.smtp = findings_.smtp;
        facts.pop3 = findings_.pop3;
        facts.looks = findings_.looks;
        facts.look_failure = findings_.look_failure;
        const CheckResult result = check_result(facts);
        std::cout << result.line << std::endl;
        return result.status;
    }

    ExitStatus tell_person() {
        if (options_.transcript) {
            transcript_.summary();
        } else {
            std::cout << probe_.name << ": " << to_string(judgement_->verdict);
            if (judgement_->verdict == Verdict::delivered) {
                std::cout << " after " << readable(judgement_->upper - judgement_->started)
                          << " (uncertainty " << readable(judgement_->upper - judgement_->lower)
                          << ')';
            }
            if (judgement_->failure) {
                std::cout << " at stage " << to_string(judgement_->failure->stage) << ", cause "
                          << to_string(judgement_->failure->cause) << ": "
                          << printable(judgement_->detail);
            }
            std::cout << '\n';
        }
        if (judgement_->verdict != Verdict::send_failed && findings_.deleted == 0) {
            std::cout << "The mail " << hex(findings_.mail)
                      << " was not removed; if it arrives later it stays in the mailbox of "
                      << probe_.to << ".\n";
        }
        return judgement_->verdict == Verdict::delivered ? ExitStatus::ok
                                                         : ExitStatus::not_delivered;
    }

    const Options& options_;
    Settings settings_;
    ProbeSettings probe_;
    /// Whose mailbox is read for reports only; "" if none is.
    std::string sender_;
    Log log_;
    LogObserver log_observer_;
    Transcript transcript_;
    MailProgress progress_;
    Findings findings_;
    ObserverList observers_;
    asio::io_context io_{1};
    MemoryJournal journal_;
    Connector connector_;
    asio::basic_signal_set<Executor> signals_;
    BootTimer repaint_;
    ProgressLine line_{STDERR_FILENO};
    bool paints_ = false;
    bool finished_ = false;
    std::optional<Judgement> judgement_;
};

ExitStatus run(const Options& options) {
    LoadedConfig config = load_config(options.config_file, process_context(options.config_file));
    if (!config.problems.empty()) {
        if (!options.nagios) {
            for (const ConfigProblem& problem : config.problems)
                std::cerr << problem.text() << '\n';
            return status_of(config.problems);
        }
        const std::size_t more = config.problems.size() - 1;
        return refuse(options, ExitStatus::config,
                      "configuration: " + config.problems.front().text() +
                          (more == 0 ? "" : " (and " + std::to_string(more) + " more)"));
    }
    Settings& settings = config.settings;
    if (options.log_level) settings.log.level = *options.log_level;
    if (options.log_format) settings.log.format = *options.log_format;
    // Some schedulers take standard error for a part of the answer.
    if (!options.nagios) {
        for (const ConfigProblem& warning : config.warnings)
            std::cerr << "warning: " << warning.text() << '\n';
    }
    const auto found = std::ranges::find(settings.probes, options.probe, &ProbeSettings::name);
    if (found == settings.probes.end())
        return refuse(options, ExitStatus::usage, unknown_probe(options, settings));
    // The settings are about to move.
    ProbeSettings probe = *found;
    if (settings.tag_key.empty()) settings.tag_key = tag_key_for_once(settings.state_directory);
    // Its mails must be strangers to a daemon that watches the same mailbox, and the other way
    // round.
    settings.instance += "-once-" + hex(random_u64());
    return Once(options, std::move(settings), std::move(probe)).run();
}

}  // namespace

ExitStatus run_once(const Options& options) {
    if (options.nagios) end_as_unknown();
    try {
        return run(options);
    } catch (const std::exception& error) {
        return refuse(options, ExitStatus::internal, error.what());
    }
}

}  // namespace mailprobed
