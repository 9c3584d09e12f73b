// SPDX-License-Identifier: Apache-2.0
// What a configuration may draw from the world around the file; tests hand in their own.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

namespace mailprobed {

/// The surroundings in which a configuration is read.
struct LoadContext {
    /// The value of an environment variable, if it is set.
    std::function<std::optional<std::string>(const std::string& name)> environment;
    /// Where systemd put the unit's credentials ($CREDENTIALS_DIRECTORY); empty if there are none.
    std::string credentials_directory;
    /// The name of this machine: the default of `instance`.
    std::string hostname;
    /// How long a password command may run.
    std::chrono::milliseconds command_limit = std::chrono::seconds{10};
};

/// NAME of the unit mailprobed@NAME that reads this configuration file, empty for any other file.
[[nodiscard]] std::string unit_instance(const std::filesystem::path& config_file);

/// The surroundings of this process. Where no unit started it, what the unit of `config_file` would
/// have said: the folder with credentials beside the file, the state directory, the instance.
[[nodiscard]] LoadContext process_context(const std::filesystem::path& config_file);

}  // namespace mailprobed
