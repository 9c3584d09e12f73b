// SPDX-License-Identifier: Apache-2.0
// The real surroundings: environment and host name of this process. A person who calls the program
// by hand finds the passwords and the ledger of the service without repeating what its unit says.
#include "config/load/context.hpp"

#include <array>
#include <cstdlib>
#include <unistd.h>

namespace mailprobed {

namespace {

std::optional<std::string> variable(const std::string& name) {
    const char* value = std::getenv(name.c_str());
    if (value == nullptr) return std::nullopt;
    return std::string(value);
}

void act_as_unit(LoadContext& context, const std::filesystem::path& config_file) {
    const std::string name = config_file.stem();
    const std::filesystem::path folder =
        config_file.parent_path() / (name == "mailprobed" ? "credentials" : name + ".credentials");
    std::error_code unreadable;
    if (!std::filesystem::is_directory(folder, unreadable)) return;
    context.credentials_directory = folder;
    const std::string instance = unit_instance(config_file);
    if (instance.empty()) return;
    context.environment = [instance](const std::string& wanted) {
        auto value = variable(wanted);
        if (!value && wanted == "STATE_DIRECTORY") value = "/var/lib/mailprobed-" + instance;
        if (!value && wanted == "MAILPROBED_INSTANCE") value = instance;
        return value;
    };
}

}  // namespace

std::string unit_instance(const std::filesystem::path& config_file) {
    const bool of_unit = config_file.parent_path() == "/etc/mailprobed" &&
                         config_file.extension() == ".yaml" && config_file.stem() != "mailprobed";
    return of_unit ? config_file.stem().string() : std::string();
}

LoadContext process_context(const std::filesystem::path& config_file) {
    LoadContext context;
    context.environment = variable;
    const auto credentials = variable("CREDENTIALS_DIRECTORY");
    if (credentials) {
        context.credentials_directory = *credentials;
    } else {
        act_as_unit(context, config_file);
    }
    std::array<char, 256> name{};
    // One byte less, so that a cut name still ends in NUL.
    if (::gethostname(name.data(), name.size() - 1) == 0) context.hostname = name.data();
    return context;
}

}  // namespace mailprobed
