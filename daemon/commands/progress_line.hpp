// SPDX-License-Identifier: Apache-2.0
// One line on a terminal that is written over again and again.
#pragma once

#include <cstddef>
#include <string_view>

namespace mailprobed {

/// The line; needs nothing of the terminal but a carriage return.
class ProgressLine {
  public:
    explicit ProgressLine(int descriptor) noexcept : descriptor_(descriptor) {}

    /// Shows `text`, cut to the width of the terminal, in place of what was shown before.
    void show(std::string_view text);
    /// Takes it away; nothing if nothing was shown.
    void erase();

  private:
    int descriptor_;
    std::size_t shown_ = 0;
};

}  // namespace mailprobed
