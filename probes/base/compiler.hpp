// SPDX-License-Identifier: Apache-2.0
// What made this program.
#pragma once

#include <string>

namespace mailprobed {

/// The compiler that made this program, such as "clang 19.1.7".
[[nodiscard]] inline std::string compiler_name() {
#if defined(__clang__)
    return "clang " + std::to_string(__clang_major__) + "." + std::to_string(__clang_minor__) +
           "." + std::to_string(__clang_patchlevel__);
#else
    return "gcc " + std::to_string(__GNUC__) + "." + std::to_string(__GNUC_MINOR__) + "." +
           std::to_string(__GNUC_PATCHLEVEL__);
#endif
}

}  // namespace mailprobed
