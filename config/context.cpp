// SPDX-License-Identifier: Apache-2.0
// The real surroundings: environment and host name of this process.
#include "config/context.hpp"

#include <array>
#include <cstdlib>
#include <unistd.h>

namespace mailprobed {

LoadContext process_context() {
    LoadContext context;
    context.environment = [](const std::string& name) -> std::optional<std::string> {
        const char* value = std::getenv(name.c_str());
        if (value == nullptr) return std::nullopt;
        return std::string(value);
    };
    context.credentials_directory = context.environment("CREDENTIALS_DIRECTORY").value_or("");
    std::array<char, 256> name{};
    // One byte less, so that a cut name still ends in NUL.
    if (::gethostname(name.data(), name.size() - 1) == 0) context.hostname = name.data();
    return context;
}

}  // namespace mailprobed
