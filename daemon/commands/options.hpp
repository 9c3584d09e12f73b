// SPDX-License-Identifier: Apache-2.0
// The command line.
#pragma once

#include "daemon/service/exit_status.hpp"
#include "probes/domain/settings/settings.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mailprobed {

/// What the program is asked to do.
enum class Action : std::uint8_t { run, check_config, once, ledger, status };

/// What `ledger` is asked for.
enum class LedgerAction : std::uint8_t { list, show, verify, export_all };

/// Which characters `status` may use.
enum class Charset : std::uint8_t { automatic, unicode, ascii };

/// What `status` is asked for.
struct StatusOptions {
    /// Where the daemon is; empty: what the configuration says.
    std::string url;
    /// Who logs in; empty: nobody. The password is in the environment.
    std::string user;
    /// PEM file of trusted roots; empty: the system's.
    std::string ca_file;
    bool watch = false;
    std::optional<Charset> charset;
};

/// A valid command line.
struct Options {
    Action action = Action::run;
    std::string config_file;
    /// TLS and logins of the web server; empty: none.
    std::string web_config_file;
    /// Hosts under which acting requests may come.
    std::vector<std::string> allowed_hosts;
    /// Override what the configuration file says.
    std::optional<LogLevel> log_level;
    std::optional<LogFormat> log_format;
    /// For `once`: the probe, and whether to print the conversation.
    std::string probe;
    bool transcript = false;
    /// One line and an exit status as monitoring plugins give them.
    bool nagios = false;
    /// For `ledger`: `probe` narrows list and export.
    LedgerAction ledger = LedgerAction::list;
    /// For `ledger show`: 16 hexadecimal digits.
    std::string mail;
    /// For `ledger list`: mails at most.
    std::uint32_t limit = 50;
    StatusOptions status;
};

/// A parsed command line: options, or a text to print before leaving with `status`.
struct ParsedOptions {
    std::optional<Options> options;
    ExitCode status = ExitStatus::ok;
    /// For standard output if that was asked for (--help, --version, the line of a check), else
    /// for standard error.
    std::string text;
    bool asked_for = false;
};

/// Parses the arguments of main(); never throws for what a user typed, never exits.
[[nodiscard]] ParsedOptions parse_options(int argc, const char* const* argv);

/// "mailprobed 0.1.0 (clang 19.1.7)"
[[nodiscard]] std::string version_text();

}  // namespace mailprobed
