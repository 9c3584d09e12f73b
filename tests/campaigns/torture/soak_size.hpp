// SPDX-License-Identifier: Apache-2.0
// What the soaking process holds, and whether it holds more and more.
#pragma once

#include <cstddef>
#include <vector>

namespace mailprobed::soak {

/// What the process holds at one moment.
struct Size {
    /// Resident, when the allocator has given back what it can.
    double resident_mib = 0;
    /// Allocated and not freed; 0 where a sanitizer has its own allocator.
    double heap_mib = 0;
    std::size_t descriptors = 0;
    std::size_t threads = 0;
};

/// Measures now.
[[nodiscard]] Size size_now();

/// The sizes of a run in their order.
class Sizes {
  public:
    void add(const Size& size) { seen_.push_back(size); }
    /// True if there are enough to tell growth from noise.
    [[nodiscard]] bool enough() const { return seen_.size() >= 30; }
    [[nodiscard]] std::size_t count() const { return seen_.size(); }
    /// Value below which `share` of the samples between two parts (0 to 1) of the run lie.
    [[nodiscard]] double quantile(double from, double to, double share,
                                  double Size::* member) const;
    /// The same for numbers of things.
    [[nodiscard]] std::size_t quantile(double from, double to, double share,
                                       std::size_t Size::* member) const;

  private:
    template <class T>
    [[nodiscard]] T pick(double from, double to, double share, T Size::* member) const;

    std::vector<Size> seen_;
};

}  // namespace mailprobed::soak
