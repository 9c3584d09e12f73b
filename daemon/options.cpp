// SPDX-License-Identifier: Apache-2.0
// The command line as CLI11 sees it.
#include "daemon/options.hpp"

#include "daemon/labels.hpp"
#include "daemon/log.hpp"

#include <CLI/CLI.hpp>

#include <sstream>
#include <utility>
#include <vector>

namespace mailprobed {

namespace {

constexpr const char* kDescription =
    "Sends tagged test mails on a schedule, watches the mailboxes they should land in, and tells\n"
    "Prometheus how long each took or exactly what went wrong.";

constexpr const char* kFooter =
    "Examples:\n"
    "  mailprobed --config /etc/mailprobed/mailprobed.yaml\n"
    "  mailprobed --config mailprobed.yaml --check-config\n"
    "  mailprobed --config mailprobed.yaml once qq-self --transcript\n"
    "  mailprobed --config mailprobed.yaml ledger list --probe qq-self\n"
    "\n"
    "Exit status: 0 success; 1 `once`: not delivered, `ledger`: a problem; 64 wrong command line;\n"
    "69 the HTTP address or the ledger is in use; 70 internal error; 74 stopped, but the disk did "
    "not\n"
    "take the journal's last records; 78 configuration error.";

template <class T>
using Choices = std::vector<std::pair<std::string, T>>;

Choices<LogLevel> levels() {
    Choices<LogLevel> result;
    for (const LogLevel level :
         {LogLevel::trace, LogLevel::debug, LogLevel::info, LogLevel::warning, LogLevel::error}) {
        result.emplace_back(to_string(level), level);
    }
    return result;
}

Choices<LogFormat> formats() {
    return {{"auto", LogFormat::automatic},
            {"logfmt", LogFormat::logfmt},
            {"json", LogFormat::json},
            {"journal", LogFormat::journal}};
}

/// Adds an option whose value is one of the names; CLI11's own enums would take numbers too.
template <class T>
void add_choice(CLI::App& app, const std::string& flag, const std::string& placeholder,
                std::optional<T>& target, const Choices<T>& choices, const std::string& help) {
    std::vector<std::string> names;
    for (const auto& [name, value] : choices)
        names.push_back(name);
    const auto take = [&target, choices](const std::string& chosen) {
        for (const auto& [name, value] : choices) {
            if (name == chosen) target = value;
        }
    };
    app.add_option_function<std::string>(flag, take, help)
        ->check(CLI::IsMember(names))
        ->type_name(placeholder);
}

ParsedOptions leave(const CLI::App& app, const CLI::ParseError& error) {
    std::ostringstream out;
    std::ostringstream err;
    const bool asked_for = app.exit(error, out, err) == 0;
    return {std::nullopt, asked_for ? ExitStatus::ok : ExitStatus::usage,
            asked_for ? out.str() : err.str()};
}

/// `ledger` and what can be asked of it.
CLI::App* add_ledger(CLI::App& app, Options& options) {
    CLI::App* ledger =
        app.add_subcommand("ledger", "Read the ledger of the configuration's state directory");
    ledger->require_subcommand(1);
    CLI::App* list = ledger->add_subcommand("list", "Print the newest mails, newest first");
    list->add_option("--limit", options.limit, "Mails at most; 0 means all")->type_name("N");
    CLI::App* show = ledger->add_subcommand("show", "Print all that is known of one mail");
    show->add_option("ID", options.mail, "The mail's 16 hexadecimal digits")->required();
    CLI::App* verify = ledger->add_subcommand("verify", "Check the ledger");
    CLI::App* all = ledger->add_subcommand("export", "Print every mail as one line of JSON");
    for (CLI::App* narrowed : {list, all}) {
        narrowed->add_option("--probe", options.probe, "Only mails of this probe")
            ->type_name("NAME");
    }
    list->callback([&options] { options.ledger = LedgerAction::list; });
    show->callback([&options] { options.ledger = LedgerAction::show; });
    verify->callback([&options] { options.ledger = LedgerAction::verify; });
    all->callback([&options] { options.ledger = LedgerAction::export_all; });
    return ledger;
}

}  // namespace

std::string version_text() {
    return "mailprobed " MAILPROBED_VERSION " (" + compiler_name() + ")";
}

ParsedOptions parse_options(int argc, const char* const* argv) {
    Options options;
    bool check_config = false;

    CLI::App app(kDescription, "mailprobed");
    app.footer(kFooter);
    app.set_help_flag("-h,--help", "Print this help and exit");
    app.set_version_flag("--version", version_text(), "Print version and compiler and exit");
    app.add_option("-c,--config", options.config_file, "Configuration file (required)")
        ->type_name("FILE");
    app.add_option("--web.config.file", options.web_config_file,
                   "File with TLS and logins of the web server (daemon/README.md)")
        ->type_name("FILE");
    app.add_option("--web.allowed-host", options.allowed_hosts,
                   "Host under which requests that act may come; may be repeated")
        ->type_name("HOST")
        ->allow_extra_args(false);
    CLI::Option* check = app.add_flag("--check-config", check_config,
                                      "Check the configuration file, report every error, exit");
    add_choice(app, "--log.level", "LEVEL", options.log_level, levels(),
               "Least severity to log, overrides the configuration");
    add_choice(app, "--log.format", "FORMAT", options.log_format, formats(),
               "Form of log lines, overrides the configuration");
    // Options of the program may also stand after the subcommand.
    app.fallthrough();

    CLI::App* once = app.add_subcommand(
        "once", "Send one mail of a probe, wait for it, print its verdict and exit");
    once->add_option("PROBE", options.probe, "Name of the probe")->required();
    once->add_flag("--transcript", options.transcript,
                   "Print each line sent and received, secrets masked");
    once->excludes(check);
    CLI::App* ledger = add_ledger(app, options);
    ledger->excludes(check);

    try {
        app.parse(argc, argv);
        if (options.config_file.empty()) throw CLI::RequiredError("--config FILE");
    } catch (const CLI::ParseError& error) {
        return leave(app, error);
    }
    if (check_config) options.action = Action::check_config;
    if (once->parsed()) options.action = Action::once;
    if (ledger->parsed()) options.action = Action::ledger;
    return {std::move(options), ExitStatus::ok, {}};
}

}  // namespace mailprobed
