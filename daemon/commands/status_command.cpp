// SPDX-License-Identifier: Apache-2.0
// Asking, and saying so when there is no answer; what is shown is made by status_screen.
#include "daemon/commands/status_command.hpp"

#include "config/load.hpp"
#include "daemon/commands/status_screen.hpp"
#include "daemon/commands/status_table.hpp"
#include "daemon/http/listen_address.hpp"
#include "probes/base/text.hpp"
#include "probes/net/boot_clock.hpp"
#include "probes/net/channel.hpp"
#include "probes/net/socket_channel.hpp"
#include "probes/net/task_group.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <csignal>
#include <cstdlib>
#include <iostream>
#include <unistd.h>
#include <utility>

namespace mailprobed {
namespace {

constexpr const char* kPath = "/api/v1/probes";
constexpr const char* kPasswordVariable = "MAILPROBED_PASSWORD";
constexpr std::chrono::seconds kRefresh{2};
constexpr std::size_t kMostQuoted = 300;

std::string legible(const std::string& text) {
    return printable(capped(text, kMostQuoted));
}

/// What may help against a failed connection.
std::string advice(Cause cause) {
    switch (cause) {
        case Cause::refused:
        case Cause::dns_not_found:
            return "; is mailprobed running there? --url or --config say where it is";
        case Cause::tls_untrusted:
            return "; --ca-file names a file with the authority to trust";
        case Cause::tls_failed:
        case Cause::protocol_error:
            return "; if there is no TLS, write http://";
        default:
            return "";
    }
}

/// What an answer that holds no probes means.
std::string refusal(const HttpAnswer& answer, const HttpGet& request) {
    const std::string said = api_error(answer.body);
    const std::string status = "it answers " + std::to_string(answer.status);
    switch (answer.status) {
        case 401:
            return request.user.empty()
                       ? "it wants a login: use --user NAME and the variable MAILPROBED_PASSWORD"
                       : "it refuses the login of " + legible(request.user);
        case 404:
            return status + " for " + kPath + ": not a mailprobed, or an older one";
        default:
            break;
    }
    if (answer.status / 100 == 3 && !answer.location.empty())
        return status + " and points to " + legible(answer.location) + ": use that with --url";
    return said.empty() ? status : status + ": " + legible(said);
}

Awaitable<StatusPoll> ask(Connector* connector, HttpGet request) {
    StatusPoll poll;
    const HttpGet copy = request;
    try {
        const HttpAnswer answer = co_await http_get(*connector, std::move(request));
        if (answer.status != 200) {
            poll.problem = refusal(answer, copy);
            co_return poll;
        }
        ParsedStatus parsed = parse_status(answer.body);
        poll.answer = std::move(parsed.answer);
        if (!poll.answer) {
            poll.problem = "its answer is not what mailprobed says: " + legible(parsed.problem);
        }
    } catch (const ChannelError& error) {
        poll.problem = legible(error.what()) + advice(error.cause());
    } catch (const HttpError& error) {
        poll.problem = error.what();
    }
    co_return poll;
}

bool is_loopback(const std::string& host) {
    return host == "localhost" || host.starts_with("127.") || host == "::1";
}

/// The request, or nothing after a complaint.
std::optional<HttpGet> request_of(const Options& options, HttpUrl url) {
    HttpGet request;
    request.url = std::move(url);
    request.url.server.ca_file = options.status.ca_file;
    request.path = kPath;
    request.user = options.status.user;
    if (request.user.empty()) return request;
    if (request.user.find(':') != std::string::npos) {
        std::cerr << "mailprobed: --user: a name with a colon cannot log in\n";
        return std::nullopt;
    }
    const char* password = std::getenv(kPasswordVariable);
    if (password == nullptr) {
        std::cerr << "mailprobed: --user needs the password in the variable " << kPasswordVariable
                  << '\n';
        return std::nullopt;
    }
    request.password = Secret(password);
    if (request.url.server.tls == TlsMode::none && !is_loopback(request.url.server.host))
        std::cerr << "warning: the password crosses the network in the clear; use https\n";
    return request;
}

ExitCode status_of(const StatusPoll& poll) {
    if (!poll.answer) return ExitStatus::unavailable;
    if (any_down(*poll.answer)) return ProbesStatus::down;
    return ExitStatus::ok;
}

class Asking {
  public:
    Asking(const Options& options, HttpGet request)
        : request_(std::move(request)),
          watch_(options.status.watch),
          screen_(STDOUT_FILENO, to_string(request_.url), options.status.charset),
          connector_(io_.get_executor()),
          pause_(io_.get_executor()),
          signals_(io_),
          screen_signals_(io_),
          tasks_(io_.get_executor(), [this](const std::exception_ptr& error) { fail(error); }) {}

    ExitCode run() {
        if (watch_) {
            take_signals();
            screen_.open();
            screen_.draw(BootClock::now());
            tasks_.spawn(watch());
        } else {
            tasks_.spawn(ask_once());
        }
        io_.run();
        screen_.close();
        if (bug_) std::rethrow_exception(bug_);
        return status_;
    }

  private:
    Awaitable<void> ask_once() {
        const StatusPoll poll = co_await ask(&connector_, request_);
        status_ = status_of(poll);
        if (poll.answer) {
            screen_.print(*poll.answer);
        } else {
            std::cerr << "mailprobed: " << to_string(request_.url) << ": " << poll.problem << '\n';
        }
        finish();
    }

    Awaitable<void> watch() {
        for (;;) {
            StatusPoll poll = co_await ask(&connector_, request_);
            status_ = status_of(poll);
            screen_.take(std::move(poll), BootClock::now());
            screen_.draw(BootClock::now());
            co_await sleep_until(pause_, BootClock::now() + kRefresh);
        }
    }

    /// Only where there is a screen to give back: otherwise signals do what they always do.
    void take_signals() {
        for (const int signal : {SIGTERM, SIGINT, SIGHUP})
            signals_.add(signal);
        signals_.async_wait([this](const boost::system::error_code& error, int) {
            if (!error) finish();
        });
        for (const int signal : {SIGWINCH, SIGTSTP})
            screen_signals_.add(signal);
        keep_screen();
    }

    void keep_screen() {
        screen_signals_.async_wait([this](const boost::system::error_code& error, int signal) {
            if (error) return;
            if (signal == SIGTSTP) {
                screen_.close();
                std::raise(SIGSTOP);
                screen_.open();
            }
            screen_.draw(BootClock::now());
            keep_screen();
        });
    }

    void finish() {
        boost::system::error_code ignored;
        signals_.cancel(ignored);
        screen_signals_.cancel(ignored);
        tasks_.cancel();
    }

    void fail(const std::exception_ptr& error) {
        bug_ = error;
        finish();
    }

    HttpGet request_;
    bool watch_;
    StatusScreen screen_;
    asio::io_context io_{1};
    Connector connector_;
    BootTimer pause_;
    asio::basic_signal_set<Executor> signals_;
    asio::basic_signal_set<Executor> screen_signals_;
    TaskGroup tasks_;
    ExitCode status_ = ExitStatus::unavailable;
    std::exception_ptr bug_;
};

}  // namespace

DaemonPlace daemon_place(const Options& options) {
    if (!options.status.url.empty()) {
        ParsedUrl parsed = parse_http_url(options.status.url);
        if (parsed.url) return {std::move(parsed.url), ExitStatus::ok, {}};
        return {std::nullopt, ExitStatus::usage, "mailprobed: --url: " + parsed.problem + "\n"};
    }
    LoadedListen loaded;
    if (options.config_file.empty()) {
        loaded.listen = WebSettings().listen;
    } else {
        loaded = load_listen(options.config_file);
    }
    std::string problems;
    for (const ConfigProblem& problem : loaded.problems)
        problems += problem.text() + "\n";
    if (!problems.empty()) return {std::nullopt, ExitStatus::config, std::move(problems)};
    const std::optional<ListenAddress> address = parse_listen_address(loaded.listen.front());
    if (!address || address->port == 0) {
        return {std::nullopt, ExitStatus::usage,
                "mailprobed: web.listen takes any free port; the daemon's log says which: use "
                "--url http://127.0.0.1:PORT\n"};
    }
    HttpUrl url;
    url.server.host = address->host == "0.0.0.0" ? "127.0.0.1"
                      : address->host == "::"    ? "::1"
                                                 : address->host;
    url.server.port = address->port;
    url.server.tls = TlsMode::none;
    return {std::move(url), ExitStatus::ok, {}};
}

ExitCode run_status(const Options& options) {
    // As with every filter: a reader that has seen enough ends the writer.
    std::signal(SIGPIPE, SIG_DFL);
    try {
        DaemonPlace place = daemon_place(options);
        if (!place.url) {
            std::cerr << place.problem;
            return place.status;
        }
        std::optional<HttpGet> request = request_of(options, std::move(*place.url));
        if (!request) return ExitStatus::usage;
        return Asking(options, std::move(*request)).run();
    } catch (const std::exception& error) {
        std::cerr << "mailprobed: internal error: " << error.what() << '\n';
        return ExitStatus::internal;
    }
}

}  // namespace mailprobed
