// SPDX-License-Identifier: Apache-2.0
// Fuzz target: the configuration file. Nothing it names is run or opened.
#include "config/load.hpp"
#include "config/load/command.hpp"
#include "config/load/document.hpp"
#include "tests/fuzz/support/fuzz.hpp"

#include <optional>
#include <string>

namespace mailprobed {

// Stands before the one of the library when the program is linked: an input must not run programs.
CommandResult run_command(const std::vector<std::string>& arguments, std::chrono::milliseconds) {
    return {Secret("command-" + arguments.front().substr(0, 100)), {}};
}

}  // namespace mailprobed

namespace mailprobed::fuzz {
namespace {

// True if reading `node` as a configuration would open a file: not what is tried here.
bool names_files(const ConfigNode& node) {
    if (node.weight > 2'000) return true;
    for (const ConfigEntry& entry : node.entries) {
        if (entry.key == "file" || entry.key == "ca_file" || names_files(*entry.value)) return true;
    }
    return std::ranges::any_of(node.items, [](const auto& item) { return names_files(*item); });
}

LoadedConfig load(std::string_view text, const std::string& environment) {
    LoadContext context;
    context.hostname = "test-host";
    context.environment = [&](const std::string& name) -> std::optional<std::string> {
        // Where the state is kept is read from there, too, and shown.
        if (name.ends_with("DIRECTORY") || name.size() > 20) return std::nullopt;
        // So is the name of the unit's instance.
        if (name == "MAILPROBED_INSTANCE") return std::nullopt;
        return environment;
    };
    return load_config_text(text, "x.yaml", context);
}

std::string messages(const LoadedConfig& loaded) {
    std::string result;
    for (const auto* list : {&loaded.problems, &loaded.warnings}) {
        for (const ConfigProblem& problem : *list)
            result += problem.text() + '\n';
    }
    return result;
}

void check_messages(const LoadedConfig& loaded, std::string_view text) {
    const PlainLines plain = plain_lines(text);
    require(loaded.problems.size() <= kMostProblems + 1 && loaded.warnings.size() <= kMostProblems,
            "messages are bounded in number");
    for (const auto* list : {&loaded.problems, &loaded.warnings}) {
        for (const ConfigProblem& problem : *list) {
            require(problem.line >= 1 && problem.column >= 1 &&
                        problem.line <= static_cast<int>(std::ranges::count(text, '\n') +
                                                         std::ranges::count(text, '\r')) +
                                            2,
                    "a message has a place in the file");
            require(std::ranges::none_of(problem.text(),
                                         [](char c) { return (c >= 0 && c < ' ') || c == '\x7f'; }),
                    "a message is one line without controls");
        }
    }
    require(loaded.problems.empty() != loaded.masked.empty(),
            "there are problems, or the masked view");
}

// The same configuration but for one password, if it can be told from all other text.
std::optional<std::string> with_other_password(std::string_view text, const Secret& password) {
    const std::string_view old = password.reveal();
    const auto letter = [](char c) { return c >= 'a' && c <= 'y'; };
    if (old.size() < 6 || !std::ranges::all_of(old, letter)) return std::nullopt;
    const std::size_t at = text.find(old);
    if (at == std::string_view::npos || text.find(old, at + 1) != std::string_view::npos) {
        return std::nullopt;
    }
    std::string result(text);
    for (std::size_t i = at; i < at + old.size(); ++i)
        ++result[i];
    return result;
}

void check_secrecy(const LoadedConfig& loaded, std::string_view text) {
    const LoadedConfig other = load(text, std::string(40, 'w'));
    require(messages(other) == messages(loaded) && other.masked == loaded.masked,
            "nothing that is shown depends on a secret in the environment");
    for (const AccountSettings& account : loaded.settings.accounts) {
        for (const Secret* password : {account.smtp ? &account.smtp->password : nullptr,
                                       account.mailbox ? &account.mailbox->password : nullptr}) {
            if (password == nullptr) continue;
            const auto changed = with_other_password(text, *password);
            if (!changed) continue;
            const LoadedConfig twin = load(*changed, std::string(40, 'v'));
            require(messages(twin) == messages(loaded) && twin.masked == loaded.masked,
                    "nothing that is shown depends on a password in the file");
        }
    }
}

void hide(std::vector<AccountSettings>& accounts) {
    for (AccountSettings& account : accounts) {
        if (account.smtp) account.smtp->password = Secret();
        if (account.mailbox) account.mailbox->password = Secret();
    }
}

void check_masked(LoadedConfig loaded) {
    // A key of `<secret>` is too short to be one.
    if (loaded.masked.find("\ntag_key: <secret>") != std::string::npos) return;
    LoadedConfig again = load(loaded.masked, "");
    require(again.problems.empty(), "the masked view is a configuration");
    hide(loaded.settings.accounts);
    hide(again.settings.accounts);
    require(again.settings.accounts == loaded.settings.accounts &&
                again.settings.probes == loaded.settings.probes &&
                again.settings.web == loaded.settings.web &&
                again.settings.log == loaded.settings.log &&
                again.settings.instance == loaded.settings.instance &&
                again.settings.evidence == loaded.settings.evidence &&
                again.settings.state_directory == loaded.settings.state_directory,
            "the masked view means the same");
}

}  // namespace
}  // namespace mailprobed::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace mailprobed;
    using namespace mailprobed::fuzz;
    const std::string_view text = as_text(data, size);
    ProblemList problems("x.yaml");
    const auto document = parse_document(text, problems);
    require((document != nullptr) == (problems.error_count() == 0),
            "there is a document, or a reason");
    if (document && names_files(*document)) return -1;
    const LoadedConfig loaded = load(text, std::string(40, 'v'));
    check_messages(loaded, text);
    check_secrecy(loaded, text);
    if (loaded.problems.empty()) check_masked(loaded);
    return 0;
}
