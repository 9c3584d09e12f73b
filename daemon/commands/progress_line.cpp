// SPDX-License-Identifier: Apache-2.0
// Blanks instead of an escape sequence: even a dumb terminal can do that.
#include "daemon/commands/progress_line.hpp"

#include "daemon/commands/terminal.hpp"

#include <algorithm>
#include <string>
#include <unistd.h>

namespace mailprobed {

void ProgressLine::show(std::string_view text) {
    TextStyle style;
    style.unicode = locale_is_utf8();
    // In the last column some terminals begin a new line.
    const std::size_t width = std::max<std::size_t>(columns_of(descriptor_), 2) - 1;
    std::string line = fitted(text, width, style);
    const std::size_t length = length_of(line);
    line.append(std::max(shown_, length) - length, ' ');
    line = "\r" + line;
    shown_ = length;
    [[maybe_unused]] const auto told = ::write(descriptor_, line.data(), line.size());
}

void ProgressLine::erase() {
    if (shown_ == 0) return;
    const std::string line = "\r" + std::string(shown_, ' ') + "\r";
    shown_ = 0;
    [[maybe_unused]] const auto told = ::write(descriptor_, line.data(), line.size());
}

}  // namespace mailprobed
