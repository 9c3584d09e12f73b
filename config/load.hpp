// SPDX-License-Identifier: Apache-2.0
// The door of this floor: a YAML file becomes Settings, or a list of all that is wrong with it.
#pragma once

#include "config/load/context.hpp"
#include "config/load/problem.hpp"
#include "probes/domain/settings/settings.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace mailprobed {

/// The result of reading a configuration.
struct LoadedConfig {
    /// Usable only if there are no problems.
    Settings settings;
    /// Errors in the order of the file; empty means usable.
    std::vector<ConfigProblem> problems;
    /// What works but should be looked at, in the order of the file.
    std::vector<ConfigProblem> warnings;
    /// The effective configuration as YAML, each secret as `<secret>` with its source in a comment;
    /// empty if there are problems.
    std::string masked;
};

/// Where a configuration has its daemon listen.
struct LoadedListen {
    /// As in WebSettings; the default if the file names none.
    std::vector<std::string> listen;
    /// Errors in the order of the file; empty means usable.
    std::vector<ConfigProblem> problems;
};

/// Reads the file at `path`. Never throws because of its content; blocks while password commands
/// run. Relative paths in it start at the working directory.
[[nodiscard]] LoadedConfig load_config(const std::string& path, const LoadContext& context);

/// Reads only `web.listen` of the file at `path`: no password is read and no command is run, so
/// that whoever may read the file can ask the daemon. Of the rest nothing is checked but the YAML.
[[nodiscard]] LoadedListen load_listen(const std::string& path);

/// Reads a configuration from memory; `file` is its name in messages.
[[nodiscard]] LoadedConfig load_config_text(std::string_view text, const std::string& file,
                                            const LoadContext& context);

}  // namespace mailprobed
