// SPDX-License-Identifier: Apache-2.0
// Dot-stuffing, line by line.
#include "probes/wire/lines/dot_stuff.hpp"

namespace mailprobed {

std::optional<std::string> dot_stuffed(std::string_view message) {
    std::string result;
    // One dot in sixteen octets is more than any real mail has.
    result.reserve(message.size() + message.size() / 16 + 3);
    while (!message.empty()) {
        const std::size_t cr = message.find('\r');
        if (cr == std::string_view::npos || cr + 1 == message.size() || message[cr + 1] != '\n') {
            return std::nullopt;
        }
        const std::string_view line = message.substr(0, cr + 2);
        if (line.find('\n') != cr + 1 || line.find('\0') != std::string_view::npos) {
            return std::nullopt;
        }
        if (line.front() == '.') result += '.';
        result += line;
        message.remove_prefix(line.size());
    }
    if (result.empty()) return std::nullopt;
    result += ".\r\n";
    return result;
}

}  // namespace mailprobed
