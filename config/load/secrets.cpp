// SPDX-License-Identifier: Apache-2.0
// The sources of secrets. Messages name the source, never a value: an operator who mistypes a
// password's quoting must not find it in the log.
#include "config/load/secrets.hpp"

#include "config/load/command.hpp"
#include "config/load/credentials.hpp"
#include "config/load/plain_text.hpp"
#include "config/load/secret_file.hpp"

#include <filesystem>
#include <system_error>
#include <utility>

namespace mailprobed {

namespace {

constexpr std::size_t kLeastTagKey = 32;

constexpr const char* kPasswordForm =
    "`password: {file: PATH}`, or {credential: NAME}, {env: NAME} or {command: [PROGRAM, ...]}";
constexpr const char* kTagKeyForm = "`tag_key: {file: PATH}` or `tag_key: {credential: NAME}`";
constexpr std::string_view kPrevious = "previous";
constexpr const char* kPreviousForm = "`previous: {file: PATH}` or `previous: {credential: NAME}`";

/// How run_command() begins to tell that there is no such program.
constexpr std::string_view kNotStarted = "cannot be started";

std::optional<Complaint> finish_password(Secret& value) {
    // Sent as it is, the server would refuse it and nobody could see why.
    if (const auto mark = byte_order_mark(value.reveal()); !mark.empty()) {
        return Complaint{"begins with " + std::string(mark),
                         "the password alone, saved without it"};
    }
    value = without_newline(value);
    return check_password(value);
}

constexpr std::string_view kVariableLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
constexpr std::string_view kCredentialLetters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789./_-";

/// People put passwords where names belong: only what looks like a name is repeated.
std::string shown(const std::string& name, std::string_view letters) {
    return name.find_first_not_of(letters) == std::string::npos ? wrong_in_quotes(name) : "this";
}

/// Every byte of the key counts, a final newline too: a random key may end in one.
std::optional<Complaint> finish_tag_key(Secret& value) {
    const std::size_t size = value.reveal().size();
    if (size >= kLeastTagKey) return std::nullopt;
    return Complaint{"holds only " + std::to_string(size) + " bytes",
                     "at least 32 random bytes, as from: openssl rand -hex 32"};
}

}  // namespace

std::optional<FoundSecret> SecretReader::password(MapReader& map, std::string_view section) {
    const ConfigNode* node = map.require("password", kPasswordForm);
    if (node == nullptr) return std::nullopt;
    if (node->kind == ConfigNode::Kind::text) return inline_password(map, *node);
    if (node->kind != ConfigNode::Kind::map) {
        map.complain("password", {"is " + std::string(kind_name(*node)),
                                  std::string(kPasswordForm) +
                                      "; single quotes around a password with # & * [ { or !"});
        return std::nullopt;
    }
    MapReader sources(map, "password", section);
    return from_map(sources, kPasswordForm, finish_password);
}

FoundTagKeys SecretReader::tag_keys(MapReader& file) {
    FoundTagKeys keys;
    if (file.map("tag_key", kTagKeyForm) == nullptr) return keys;
    MapReader sources(file, "tag_key", "tag_key");
    keys.current = from_map(sources, kTagKeyForm, finish_tag_key);
    if (sources.map(kPrevious, kPreviousForm) == nullptr) return keys;
    MapReader before(sources, kPrevious, "tag_key.previous");
    keys.previous = from_map(before, kPreviousForm, finish_tag_key);
    if (keys.current && keys.previous && keys.current->value == keys.previous->value) {
        sources.complain(kPrevious, {"is the same key as `tag_key`",
                                     "the key that was in use before, or no `previous`"});
    }
    return keys;
}

std::optional<FoundSecret> SecretReader::from_map(MapReader& map, std::string_view form,
                                                  Check check) {
    std::vector<std::string_view> given = map.known_keys();
    // A key of before is no source of the one of today.
    const bool only_previous = std::erase(given, kPrevious) > 0 && given.empty();
    if (given.size() > 1 || map.empty() || only_previous) {
        problems_.error(
            map.place(""),
            map.name() + (given.empty() ? " names no source" : " names more than one source"),
            std::string(form));
    }
    if (given.size() != 1) return std::nullopt;
    const std::size_t errors = problems_.error_count();
    Outcome outcome = from_source(map, given.front());
    if (problems_.error_count() != errors) return std::nullopt;
    if (!outcome.complaint) outcome.complaint = check(outcome.value);
    if (outcome.complaint) {
        // A manager of passwords may be locked or out of reach; whatever is wrong with what its
        // program says, nothing here need be edited.
        outcome.complaint->passing = given.front() == "command";
        const std::string& what = outcome.complaint->what;
        if (!what.starts_with('\'') && what.find(" byte order mark ") != std::string::npos) {
            outcome.complaint->what = what + ", in " + outcome.source;
        }
        map.complain(given.front(), *outcome.complaint);
        return std::nullopt;
    }
    return FoundSecret{std::move(outcome.value), std::move(outcome.source)};
}

std::optional<FoundSecret> SecretReader::inline_password(MapReader& map, const ConfigNode& node) {
    Secret value(node.text);
    if (auto complaint = check_password(value)) {
        map.complain("password", *complaint);
        return std::nullopt;
    }
    problems_.warning(node.place, map.name_of("password") + " stands in the configuration file",
                      kPasswordForm);
    return FoundSecret{std::move(value), "the configuration file"};
}

SecretReader::Outcome SecretReader::from_source(MapReader& map, std::string_view key) {
    if (key == "command") return from_command(map);
    std::string name;
    if (!map.text(key, check_text, name)) return {};
    if (key == "credential") return from_credential(name);
    if (key == "env") return from_environment(name);
    Outcome outcome;
    outcome.complaint = read_secret_file(name, ModeCheck::owner_only, outcome.value);
    outcome.source = "file " + name;
    return outcome;
}

SecretReader::Outcome SecretReader::from_credential(const std::string& name) const {
    Outcome outcome;
    outcome.source = "credential " + name;
    if (name.find('/') != std::string::npos || name == "." || name == "..") {
        outcome.complaint =
            Complaint{shown(name, kCredentialLetters) + " is not the name of a credential",
                      "a name without /"};
    } else if (context_.credentials_directory.empty()) {
        outcome.complaint = Complaint{
            shown(name, kCredentialLetters) + ": there is no $CREDENTIALS_DIRECTORY",
            "a start by systemd with LoadCredential=NAME:PATH in the unit, or a folder with "
            "the credentials beside the configuration file"};
    } else {
        const std::string place = context_.credentials_directory + "/";
        // So are those called that the unit loads as a whole folder (LoadCredential=).
        const std::string of_folder = place + "mailprobed_" + name;
        std::error_code not_there;
        const bool own = std::filesystem::exists(place + name, not_there);
        const bool loaded = !own && std::filesystem::exists(of_folder, not_there);
        outcome.complaint =
            read_secret_file(loaded ? of_folder : place + name, ModeCheck::none, outcome.value);
        if (outcome.complaint && !own && !loaded && resembles_password(name)) {
            outcome.complaint->what = "is no credential of this service";
        }
    }
    return outcome;
}

SecretReader::Outcome SecretReader::from_environment(const std::string& name) const {
    Outcome outcome;
    outcome.source = "environment variable " + name;
    auto value = context_.environment ? context_.environment(name) : std::nullopt;
    if (value) {
        outcome.value = Secret(std::move(*value));
    } else {
        outcome.complaint = Complaint{shown(name, kVariableLetters) + " is not set",
                                      "the name of a variable in mailprobed's environment"};
    }
    return outcome;
}

SecretReader::Outcome SecretReader::from_command(MapReader& map) {
    constexpr const char* kForm = "a list such as [/usr/bin/pass, show, mail/qq]; no shell is used";
    const ConfigNode* node = map.list("command", kForm);
    if (node == nullptr) return {};
    std::vector<std::string> arguments;
    for (const auto& item : node->items) {
        if (item->kind != ConfigNode::Kind::text || has_controls(item->text)) {
            map.complain("command", {"holds something that is not one line of text", kForm});
            return {};
        }
        arguments.push_back(item->text);
    }
    if (arguments.empty() || arguments.front().empty()) {
        map.complain("command", {"names no program", kForm});
        return {};
    }
    const auto known = commands_.find(arguments);
    if (known != commands_.end()) return known->second;
    Outcome outcome;
    CommandResult result = run_command(arguments, context_.command_limit);
    // Arguments may hold secrets themselves: only the program is named, and where the comma behind
    // it is missing, the first word. What is neither a path nor a program may be an argument whose
    // program is missing.
    const std::string program = arguments.front().substr(0, arguments.front().find(' '));
    outcome.source = "command " + program;
    if (result.failure.empty()) {
        outcome.value = std::move(result.output);
    } else {
        const bool a_program =
            (program.find('/') != std::string::npos || result.failure.find(kNotStarted) != 0) &&
            !holds_credentials(program);
        outcome.complaint = Complaint{
            (a_program ? "'" + program + "' " : "names a program that ") + result.failure,
            "a program that prints the password and exits with 0 in time; try it by hand as the "
            "user that mailprobed runs as"};
    }
    commands_.emplace(std::move(arguments), outcome);
    return outcome;
}

}  // namespace mailprobed
