// SPDX-License-Identifier: Apache-2.0
// What all looks in progress may hold together, whatever servers send.
#pragma once

#include <cstddef>

namespace mailprobed {

/// The octets that looks in progress hold, of all mailboxes of one monitor.
class LookMemory {
  public:
    /// 64 MiB.
    static constexpr std::size_t kLimit = 64UL * 1024UL * 1024UL;

    explicit LookMemory(std::size_t limit = kLimit) noexcept : limit_(limit) {}

    /// Takes `octets`, unless that would exceed the limit.
    [[nodiscard]] bool take(std::size_t octets) noexcept {
        if (octets > limit_ - held_) return false;
        held_ += octets;
        return true;
    }
    /// Gives back what was taken.
    void give(std::size_t octets) noexcept { held_ -= octets; }
    /// What is taken now.
    [[nodiscard]] std::size_t held() const noexcept { return held_; }

  private:
    std::size_t limit_;
    std::size_t held_ = 0;
};

/// What one look has taken; gives it back at its end.
class LookShare {
  public:
    explicit LookShare(LookMemory& memory) noexcept : memory_(memory) {}
    LookShare(const LookShare&) = delete;
    LookShare& operator=(const LookShare&) = delete;
    ~LookShare() { memory_.give(taken_); }

    /// Takes more; false if all looks together hold too much.
    [[nodiscard]] bool grow(std::size_t octets) noexcept {
        if (!memory_.take(octets)) return false;
        taken_ += octets;
        return true;
    }

  private:
    LookMemory& memory_;
    std::size_t taken_ = 0;
};

}  // namespace mailprobed
