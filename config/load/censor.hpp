// SPDX-License-Identifier: Apache-2.0
// Which pieces of a configuration a message may repeat: none that may be a part of a secret.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace mailprobed {

/// Knows what stands where a file's secrets stand, however its quotes, colons and line ends are
/// mistyped, and so can tell which words of a message might be a secret's.
class Censor {
  public:
    /// A file with nothing to hide.
    Censor() = default;
    /// Reads `source`, which need not be valid YAML.
    explicit Censor(std::string_view source);

    /// False if five characters in a row of `piece` stand where a secret may.
    [[nodiscard]] bool may_show(std::string_view piece) const;

  private:
    void taint(std::string_view region);
    void taint_users(std::string_view region);
    void taint_logins(std::string_view source, const std::vector<std::string_view>& keys);

    /// The runs of five characters of all places where secrets may stand, sorted.
    std::vector<std::uint64_t> runs_;
};

/// True if `key` is the name of a secret's key with something behind it, as in `password:x`.
[[nodiscard]] bool continues_secret_key(std::string_view key);

}  // namespace mailprobed
