// SPDX-License-Identifier: Apache-2.0
// The loopback server as a program: README.md beside this file is its manual.
#include "tests/loopback/server.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <exception>
#include <map>
#include <signal.h>
#include <stdexcept>
#include <string>
#include <sys/resource.h>
#include <vector>

namespace mailprobed::loopback {
namespace {

/// The command line as it was typed.
struct Arguments {
    std::string smtp_port = "2525";
    std::string smtps_port = "2465";
    std::string pop3_port = "2110";
    std::string pop3s_port = "2995";
    std::vector<std::string> accounts;
    std::vector<std::string> faults;
    std::string delay = "0";
    bool no_starttls = false;
    bool no_auth = false;
    bool no_dsn = false;
    long login_delay = 0;
    bool log_commands = false;
};

std::optional<std::uint16_t> parse_port(const std::string& text) {
    if (text == "off") return std::nullopt;
    std::size_t used = 0;
    const auto port = std::stoul(text, &used);
    if (used != text.size() || port > 65535) throw std::invalid_argument("not a port: " + text);
    return static_cast<std::uint16_t>(port);
}

// ADDRESS:USER:PASSWORD; the password may hold colons, an empty user is the address.
Account parse_account(const std::string& text) {
    const auto first = text.find(':');
    const auto second = first == std::string::npos ? first : text.find(':', first + 1);
    if (second == std::string::npos) {
        throw std::invalid_argument("expected ADDRESS:USER:PASSWORD in --account");
    }
    return {text.substr(0, first),
            text.substr(first + 1, second - first - 1),
            text.substr(second + 1),
            {}};
}

void define(CLI::App& app, Arguments& arguments, Options& options) {
    const std::map<std::string, CertificateKind> certificates{
        {"good", CertificateKind::good},
        {"expired", CertificateKind::expired},
        {"not-yet-valid", CertificateKind::not_yet_valid},
        {"wrong-name", CertificateKind::wrong_name},
        {"self-signed", CertificateKind::self_signed},
        {"unknown-ca", CertificateKind::unknown_ca}};
    const std::string port = "port, 0 for a free one, 'off' for none";
    app.add_option("--smtp-port", arguments.smtp_port, "SMTP with STARTTLS: " + port)
        ->capture_default_str();
    app.add_option("--smtps-port", arguments.smtps_port, "SMTP over TLS: " + port)
        ->capture_default_str();
    app.add_option("--pop3-port", arguments.pop3_port, "POP3 with STLS: " + port)
        ->capture_default_str();
    app.add_option("--pop3s-port", arguments.pop3s_port, "POP3 over TLS: " + port)
        ->capture_default_str();
    app.add_option("--listen", options.listen, "addresses to listen on")->capture_default_str();
    app.add_option("--account", arguments.accounts, "ADDRESS:USER:PASSWORD, repeatable")
        ->take_all();
    app.add_option("--delay", arguments.delay,
                   "delivery delay: 2s, uniform:1s:5s, log-uniform:200ms:600s, exponential:1s:5s")
        ->capture_default_str();
    app.add_option("--fault", arguments.faults, "a fault such as 'smtp DOT lose p=0.1', repeatable")
        ->take_all();
    app.add_option("--seed", options.seed, "seed of delays and faults")->capture_default_str();
    app.add_option("--cert-dir", options.tls.directory, "folder that ca.pem is written to");
    app.add_option("--certificate", options.tls.certificate, "which certificate is shown")
        ->transform(CLI::CheckedTransformer(certificates));
    app.add_option("--login-delay", arguments.login_delay, "POP3 LOGIN-DELAY in seconds");
    app.add_flag("--no-starttls", arguments.no_starttls, "offer neither STARTTLS nor STLS");
    app.add_option("--authentication-results", options.smtp.authentication_results,
                   "results put into delivered mails, such as 'spf=pass; dkim=pass'");
    app.add_flag("--no-dsn", arguments.no_dsn, "do not offer DSN");
    app.add_flag("--no-auth", arguments.no_auth, "SMTP without authentication");
    app.add_option("--log", options.log.file, "events as JSON lines to FILE, or - for stdout");
    app.add_flag("--log-commands", arguments.log_commands, "log commands and replies too");
}

void apply(const Arguments& arguments, Options& options) {
    options.smtp.port = parse_port(arguments.smtp_port);
    options.smtp.tls_port = parse_port(arguments.smtps_port);
    options.pop3.port = parse_port(arguments.pop3_port);
    options.pop3.tls_port = parse_port(arguments.pop3s_port);
    for (const auto& text : arguments.accounts)
        options.accounts.push_back(parse_account(text));
    if (options.accounts.empty()) {
        options.accounts = {{"alice@test.invalid", "alice", "wonderland", {}},
                            {"bob@test.invalid", "bob", "builder", {}}};
    }
    options.delay = parse_delay(arguments.delay);
    options.smtp.starttls = options.pop3.stls = !arguments.no_starttls;
    if (arguments.no_auth) options.smtp.auth.clear();
    options.smtp.dsn = !arguments.no_dsn;
    options.pop3.login_delay = std::chrono::seconds(arguments.login_delay);
    // Nobody waits for events in memory here, and they would pile up for days.
    options.log.keep = false;
    if (options.log.file.empty())
        options.log.level = LogLevel::none;
    else
        options.log.level = arguments.log_commands ? LogLevel::all : LogLevel::mails;
}

int run(int argc, char** argv) {
    CLI::App app("The mail server of mailprobed's tests: SMTP and POP3, faults on demand.",
                 "mailprobed-loopback");
    Arguments arguments;
    Options options;
    define(app, arguments, options);
    CLI11_PARSE(app, argc, argv);
    apply(arguments, options);

    rlimit files{};
    ::getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
    // Before any thread is there, so that the signals reach sigwait() and nothing else.
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    signal(SIGPIPE, SIG_IGN);

    Server server(options);
    for (const auto& text : arguments.faults)
        server.add_fault(parse_fault(text));
    server.start();
    const auto ports = server.ports();
    std::printf("{\"smtp\":%u,\"smtps\":%u,\"pop3\":%u,\"pop3s\":%u,\"ca\":\"%s\"}\n", ports.smtp,
                ports.smtps, ports.pop3, ports.pop3s, server.ca_file().c_str());
    std::fflush(stdout);
    int received = 0;
    sigwait(&signals, &received);
    server.stop();
    return 0;
}

}  // namespace
}  // namespace mailprobed::loopback

int main(int argc, char** argv) {
    try {
        return mailprobed::loopback::run(argc, argv);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "mailprobed-loopback: %s\n", error.what());
        return 1;
    }
}
