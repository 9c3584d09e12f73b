// SPDX-License-Identifier: Apache-2.0
// Passwords and keys: from a file, a systemd credential, the environment, a command or inline.
#pragma once

#include "config/load/context.hpp"
#include "config/load/reader.hpp"
#include "probes/base/secret.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace mailprobed {

/// A secret and how people call the place that it came from: "file /etc/mailprobed/qq".
struct FoundSecret {
    Secret value;
    std::string source;
};

/// The keys that authenticate tags; without a current one there is no previous one either.
struct FoundTagKeys {
    std::optional<FoundSecret> current;
    std::optional<FoundSecret> previous;
};

/// Reads secrets; no message of it ever holds what may be a secret.
class SecretReader {
  public:
    SecretReader(const LoadContext& context, ProblemList& problems)
        : context_(context), problems_(problems) {}

    /// The password under `password` of `map`, whose own keys are `section`.
    [[nodiscard]] std::optional<FoundSecret> password(MapReader& map, std::string_view section);
    /// The keys under `tag_key` of the file, if there are any; at least 32 bytes each.
    [[nodiscard]] FoundTagKeys tag_keys(MapReader& file);

  private:
    struct Outcome {
        Secret value;
        std::string source;
        std::optional<Complaint> complaint;
    };
    using Check = std::optional<Complaint> (*)(Secret& value);

    std::optional<FoundSecret> inline_password(MapReader& map, const ConfigNode& node);
    std::optional<FoundSecret> from_map(MapReader& map, std::string_view form, Check check);
    Outcome from_source(MapReader& map, std::string_view key);
    Outcome from_credential(const std::string& name) const;
    Outcome from_environment(const std::string& name) const;
    Outcome from_command(MapReader& map);

    const LoadContext& context_;
    ProblemList& problems_;
    /// Outcomes of commands: the same one is often named for both halves of an account.
    std::map<std::vector<std::string>, Outcome> commands_;
};

}  // namespace mailprobed
