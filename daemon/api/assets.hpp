// SPDX-License-Identifier: Apache-2.0
// The files of daemon/pages/, built into the program.
#pragma once

#include <span>
#include <string_view>

namespace mailprobed {

/// One file.
struct Asset {
    std::string_view name;
    /// As HTTP tells it.
    std::string_view type;
    std::string_view content;
};

/// All of them.
[[nodiscard]] std::span<const Asset> all_assets();
/// The file called `name`, or nullptr.
[[nodiscard]] const Asset* find_asset(std::string_view name);

}  // namespace mailprobed
