// SPDX-License-Identifier: Apache-2.0
// The server's one source of chance, seeded, so that a run can be repeated.
#pragma once

#include "tests/loopback/types.hpp"

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>

namespace mailprobed::loopback {

/// Throws all dice of one server.
class Dice {
  public:
    explicit Dice(std::uint64_t seed) : engine_(seed) {}

    /// Uniform in [0, 1).
    double unit();
    /// A delay of the model.
    Nanoseconds draw(const DelayModel& model);
    /// Bytes of any value but CR and LF.
    std::string garbage(std::size_t size);
    /// 64 random bits.
    std::uint64_t word() { return engine_(); }

  private:
    std::mt19937_64 engine_;
};

}  // namespace mailprobed::loopback
