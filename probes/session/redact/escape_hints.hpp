// SPDX-License-Identifier: Apache-2.0
// Which escapes a text can hold at all: most lines of servers hold none, and must not pay for them.
#pragma once

#include "probes/session/redact/escapes.hpp"
#include "probes/session/redact/skeleton.hpp"

#include <cstdint>
#include <string_view>

namespace mailprobed {

/// What one look at a skeleton tells.
class EscapeHints {
  public:
    /// Looks at `skeleton` of `text`.
    EscapeHints(const Skeleton& skeleton, std::string_view text);

    /// False if there is surely nothing of this form.
    [[nodiscard]] bool may_hold(Escape escape) const noexcept;

  private:
    std::uint32_t signs_ = 0;
    bool doubled_ = false;
    bool word_ = false;
    bool hex_ = false;
    bool numbers_ = false;
};

}  // namespace mailprobed
