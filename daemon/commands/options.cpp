// SPDX-License-Identifier: Apache-2.0
// The command line as CLI11 sees it.
#include "daemon/commands/options.hpp"

#include "daemon/commands/nagios.hpp"
#include "daemon/log/log.hpp"
#include "probes/base/compiler.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <sstream>
#include <string_view>
#include <utility>
#include <vector>

namespace mailprobed {

namespace {

constexpr const char* kDescription =
    "Sends tagged test mails on a schedule, watches the mailboxes they should land in, and tells\n"
    "Prometheus how long each took or exactly what went wrong.";

/// The file that the packaged unit reads.
constexpr const char* kDefaultConfig = "/etc/mailprobed/mailprobed.yaml";

constexpr const char* kFooter =
    "Examples:\n"
    "  mailprobed --check-config\n"
    "  mailprobed once qq-self --transcript\n"
    "  mailprobed ledger list --probe qq-self\n"
    "  mailprobed --config other.yaml\n"
    "  mailprobed status --watch\n"
    "\n"
    "Exit status: 0 success; 1 `once`: not delivered, `ledger`: a problem, `status`: a probe is "
    "down;\n"
    "64 wrong command line; 69 the HTTP address or the ledger is in use, `status`: no answer;\n"
    "70 internal error; 74 stopped, but the disk did not take the journal's last records;\n"
    "78 configuration error. `once --nagios`: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.";

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

Choices<Charset> charsets() {
    return {{"auto", Charset::automatic}, {"unicode", Charset::unicode}, {"ascii", Charset::ascii}};
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

/// A check gets its one line whatever it was called with.
ParsedOptions leave(const CLI::App& app, const CLI::ParseError& error, bool nagios) {
    std::ostringstream out;
    std::ostringstream err;
    const bool asked_for = app.exit(error, out, err) == 0;
    if (nagios && !asked_for) {
        const std::string why = err.str();
        return {std::nullopt, CheckStatus::unknown,
                check_unknown("command line: " + why.substr(0, why.find('\n'))) + '\n', true};
    }
    return {std::nullopt, asked_for ? ExitStatus::ok : ExitStatus::usage,
            asked_for ? out.str() : err.str(), asked_for};
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

CLI::App* add_once(CLI::App& app, Options& options) {
    CLI::App* once = app.add_subcommand(
        "once", "Send one mail of a probe, wait for it, print its verdict and exit");
    once->add_option("PROBE", options.probe, "Name of the probe")->required();
    CLI::Option* transcript = once->add_flag("--transcript", options.transcript,
                                             "Print each line sent and received, secrets masked");
    once->add_flag("--nagios", options.nagios,
                   "Print one line with perfdata and exit with 0 to 3, as monitoring plugins do")
        ->excludes(transcript);
    return once;
}

/// `status`, which needs no configuration.
CLI::App* add_status(CLI::App& app, StatusOptions& options) {
    CLI::App* status =
        app.add_subcommand("status", "Ask a running daemon and print the state of all probes");
    status->add_flag("--watch", options.watch, "Show it until Ctrl-C, always up to date");
    status
        ->add_option("--url", options.url,
                     "Where the daemon is; else web.listen of --config, else "
                     "http://127.0.0.1:10995")
        ->type_name("URL");
    status
        ->add_option("--user", options.user,
                     "Log in under this name, with the password in MAILPROBED_PASSWORD")
        ->type_name("NAME");
    status
        ->add_option("--ca-file", options.ca_file,
                     "Authorities to trust for https instead of the system's")
        ->type_name("FILE");
    add_choice(*status, "--charset", "CHARSET", options.charset, charsets(),
               "Characters to use; auto: Unicode on terminals with UTF-8");
    return status;
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
    const CLI::Option* config =
        app.add_option("-c,--config", options.config_file,
                       "Configuration file, default " + std::string(kDefaultConfig))
            ->type_name("FILE");
    app.add_option("--web.config.file", options.web_config_file,
                   "File with TLS and logins of the web server (mailprobed(8), HTTP)")
        ->type_name("FILE");
    app.add_option("--web.allowed-host", options.allowed_hosts,
                   "Further host under which requests may come; may be repeated")
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

    CLI::App* once = add_once(app, options);
    CLI::App* ledger = add_ledger(app, options);
    CLI::App* status = add_status(app, options.status);
    for (CLI::App* command : {once, ledger, status})
        command->excludes(check);

    try {
        app.parse(argc, argv);
        if (config->count() > 0 && options.config_file.empty())
            throw CLI::ValidationError("--config", "expected the path of a file");
    } catch (const CLI::ParseError& error) {
        const bool nagios = std::any_of(argv, argv + argc, [](const char* word) {
            return std::string_view(word) == "--nagios";
        });
        return leave(app, error, nagios);
    }
    if (check_config) options.action = Action::check_config;
    if (once->parsed()) options.action = Action::once;
    if (ledger->parsed()) options.action = Action::ledger;
    if (status->parsed()) options.action = Action::status;
    // status asks the address that the daemon has without a configuration, too.
    if (options.config_file.empty() && !status->parsed()) options.config_file = kDefaultConfig;
    return {std::move(options), ExitStatus::ok, {}};
}

}  // namespace mailprobed
