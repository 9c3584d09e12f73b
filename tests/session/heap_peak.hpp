// SPDX-License-Identifier: Apache-2.0
// How far the heap grows while something runs: exact to the octet, also between two looks at it.
#pragma once

#include <cstddef>

namespace mailprobed::script {

/// Watches the heap of the process from its construction on; one at a time.
class HeapPeak {
  public:
    HeapPeak();

    /// The most octets allocated since construction beyond those allocated then.
    [[nodiscard]] std::size_t growth() const;

  private:
    std::size_t before_;
};

}  // namespace mailprobed::script
