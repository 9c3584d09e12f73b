// SPDX-License-Identifier: Apache-2.0
// The experiment that the project began with.
#include "daemon/commands/once.hpp"

#include "config/load.hpp"
#include "daemon/commands/mail_progress.hpp"
#include "daemon/commands/nagios.hpp"
#include "daemon/commands/progress_line.hpp"
#include "daemon/commands/start_failure.hpp"
#include "daemon/commands/transcript.hpp"
#include "daemon/log/log.hpp"
#include "daemon/log/log_observer.hpp"
#include "daemon/service/tag_key.hpp"
#include "daemon/store/run_id.hpp"
#include "probes/base/text.hpp"
#include "probes/domain/plan/routing.hpp"
#include "probes/monitor/monitor.hpp"
#include "probes/monitor/observer_list.hpp"
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
#include <functional>
#include <iostream>
#include <optional>
#include <unistd.h>
#include <utility>

namespace mailprobed {
namespace {

constexpr std::chrono::milliseconds kRepaint{250};
/// After its verdict a mail, or the report about it, is removed: a server that does not answer must
/// not keep anybody waiting.
constexpr std::chrono::seconds kTidyUp{10};

/// Notes what `once` tells at the end.
class Findings final
    : public Sink<Findings, MailStarted, ProbeRestored, AttemptRefused, PendingState, TickMissed,
                  LookStageDone, TagRejected, Connected, Encrypted, ProbeGone, MailboxGone,
                  TranscriptLine, AttemptDone, MailWatched, InternalError> {
  public:
    /// Looks into the mailbox of account `sender`, where only reports come, do not count; what they
    /// remove does if it is `same_mailbox`, under another port.
    Findings(std::string sender, bool same_mailbox, std::function<void()> on_verdict)
        : sender_(std::move(sender)),
          same_mailbox_(same_mailbox),
          on_verdict_(std::move(on_verdict)) {}

    void take(const StageDone& fact) { smtp = fact.took + smtp.value_or(Duration{}); }
    void take(const MailJudged& fact) {
        verdict = fact.verdict;
        mail = fact.mail;
        failure = fact.failure;
        detail = fact.detail;
        round_trip = fact.round_trip();
        uncertainty = fact.uncertainty();
        delivery = fact.delivery();
        body = fact.body;
        on_verdict_();
    }
    void take(const EvidenceFound& fact) {
        duplicated = duplicated || fact.kind == Evidence::duplicate;
    }
    void take(const LookDone& fact) {
        const bool for_reports = !sender_.empty() && fact.mailbox == sender_;
        if (!for_reports || same_mailbox_) deleted += fact.deleted;
        if (for_reports) return;
        ++looks;
        mailbox = fact.took;
        look_failure = fact.failure;
    }

    std::optional<Verdict> verdict;
    std::uint64_t mail = 0;
    std::optional<StageCause> failure;
    std::string detail;
    Duration round_trip{}, uncertainty{}, delivery{};
    BodyState body = BodyState::unread;
    bool duplicated = false;
    std::uint32_t deleted = 0;
    std::uint64_t looks = 0;
    std::optional<Duration> smtp, mailbox;
    std::optional<StageCause> look_failure;

  private:
    std::string sender_;
    bool same_mailbox_;
    std::function<void()> on_verdict_;
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
ExitCode refuse(const Options& options, ExitStatus status, const std::string& why) {
    if (options.nagios) {
        std::cout << check_unknown(why) << std::endl;
        return CheckStatus::unknown;
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
          findings_(sender_, is_same_mailbox(), [this] { limit_tidying(); }),
          connector_(io_.get_executor()),
          signals_(io_, SIGTERM, SIGINT),
          repaint_(io_.get_executor()),
          tidy_(io_.get_executor()) {
        if (options.transcript) observers_.add(transcript_);
        // At debug and trace the log is what the operator asked for; otherwise the output below is.
        const bool logs = settings_.log.level <= LogLevel::debug && !options.nagios;
        if (logs) observers_.add(log_observer_);
        observers_.add(progress_);
        observers_.add(findings_);
        paints_ = !options.transcript && !logs && ::isatty(STDERR_FILENO) != 0;
        if (options.nagios) signals_.add(SIGALRM);
    }

    ExitCode run() {
        MonitorDependencies needs{io_.get_executor(),
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
        if (!findings_.verdict) {
            return refuse(options_, ExitStatus::internal, "internal error: " + problem);
        }
        return tell();
    }

  private:
    ExitCode tell() { return options_.nagios ? tell_check() : tell_person(); }

    Awaitable<void> wait_for_verdict(Monitor& monitor) {
        static_cast<void>(co_await monitor.run_once(probe_.name));
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
        tidy_.cancel();
    }

    /// The account of the sender has the mailbox that the mail goes to, under another port.
    [[nodiscard]] bool is_same_mailbox() const {
        const AccountSettings* const account = settings_.account(sender_);
        return account != nullptr &&
               mailbox_number(account->mailbox->id()) == mailbox_number(settings_, probe_);
    }

    void limit_tidying() {
        tidy_.expires_after(kTidyUp);
        tidy_.async_wait([this](const boost::system::error_code& error) {
            if (!error) end_with_verdict();
        });
    }

    [[noreturn]] void end_with_verdict() {
        line_.erase();
        const ExitCode status = tell();
        std::cout << std::flush;
        std::_Exit(status.value());
    }

    /// Nothing has to be kept, so nothing is waited for.
    [[noreturn]] void end_by(int signal) {
        if (findings_.verdict) end_with_verdict();
        line_.erase();
        const std::string name = signal == SIGTERM   ? "SIGTERM"
                                 : signal == SIGALRM ? "SIGALRM"
                                                     : "SIGINT";
        if (options_.nagios) {
            std::cout << check_unknown(progress_.line(BootClock::now(), std::nullopt) +
                                       "; ended by " + name + ": " + progress_.fate() +
                                       "; give the check longer than deadline and grace")
                      << std::endl;
            std::_Exit(static_cast<int>(CheckStatus::unknown));
        }
        std::cerr << "mailprobed: ended by " << name << ": " << progress_.fate() << std::endl;
        std::signal(signal, SIG_DFL);
        std::raise(signal);
        std::_Exit(static_cast<int>(ExitStatus::internal));
    }

    ExitCode tell_check() const {
        CheckFacts facts;
        facts.probe = probe_.name;
        facts.verdict = *findings_.verdict;
        facts.failure = findings_.failure;
        facts.detail = findings_.detail;
        facts.round_trip = findings_.round_trip;
        facts.uncertainty = findings_.uncertainty;
        facts.delivery = findings_.delivery;
        facts.body = findings_.body;
        facts.removed = findings_.deleted > 0;
        facts.duplicated = findings_.duplicated;
        facts.slo_latency = probe_.slo_latency;
        facts.deadline = probe_.deadline;
        facts.smtp = findings_.smtp;
        facts.mailbox = findings_.mailbox;
        facts.looks = findings_.looks;
        facts.look_failure = findings_.look_failure;
        const CheckResult result = check_result(facts);
        std::cout << result.line << std::endl;
        return result.status;
    }

    ExitCode tell_person() {
        const Verdict verdict = *findings_.verdict;
        if (options_.transcript) {
            transcript_.summary();
        } else {
            std::cout << probe_.name << ": " << to_string(verdict);
            if (verdict == Verdict::delivered) {
                std::cout << " after " << readable(findings_.round_trip) << " (uncertainty "
                          << readable(findings_.uncertainty) << ')';
            }
            if (findings_.failure) {
                std::cout << " at stage " << to_string(findings_.failure->stage) << ", cause "
                          << to_string(findings_.failure->cause) << ": "
                          << printable(findings_.detail);
            } else if (verdict != Verdict::delivered && !findings_.detail.empty()) {
                std::cout << ", last words: " << printable(findings_.detail);
            }
            std::cout << '\n';
        }
        if (verdict != Verdict::send_failed && findings_.deleted == 0) {
            std::cout << "The mail " << hex(findings_.mail) << " was not removed; "
                      << (verdict == Verdict::delivered ? "it" : "if it arrives later it")
                      << " stays in the mailbox of " << probe_.to << ".\n";
        }
        return verdict == Verdict::delivered ? OnceStatus::delivered : OnceStatus::not_delivered;
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
    BootTimer tidy_;
    ProgressLine line_{STDERR_FILENO};
    bool paints_ = false;
    bool finished_ = false;
};

ExitCode run(const Options& options) {
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

ExitCode run_once(const Options& options) {
    if (options.nagios) end_as_unknown();
    try {
        return run(options);
    } catch (const std::exception& error) {
        return refuse(options, ExitStatus::internal, error.what());
    }
}

}  // namespace mailprobed
