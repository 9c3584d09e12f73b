// SPDX-License-Identifier: Apache-2.0
// Every key that a configuration may have: what the reader accepts and config/README.md explains.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mailprobed {

/// A kind of map in the file and the keys it may have.
struct KeySection {
    /// Where it stands: `accounts[].smtp`; empty for the file itself.
    std::string_view path;
    std::span<const std::string_view> keys;
    /// True if messages must not repeat unknown keys: a password in braces looks like one.
    bool discreet = false;
};

/// All sections.
[[nodiscard]] std::span<const KeySection> key_sections();

/// The sections of the file that --web.config.file names.
[[nodiscard]] std::span<const KeySection> web_key_sections() noexcept;

/// The table that `section` is part of.
[[nodiscard]] std::span<const KeySection> table_of(const KeySection& section);

/// The section at `path` of the table, which must have it.
[[nodiscard]] const KeySection& key_section(std::span<const KeySection> table,
                                            std::string_view path);

/// The section at `path`, which must be one of the table.
[[nodiscard]] const KeySection& key_section(std::string_view path);

/// Every accepted key with its path, such as `accounts[].smtp.port`; keys that hold a further
/// section are among them.
[[nodiscard]] std::vector<std::string> accepted_keys();

}  // namespace mailprobed
