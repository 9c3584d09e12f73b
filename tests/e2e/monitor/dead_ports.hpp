// SPDX-License-Identifier: Apache-2.0
// Ports of the loopback interface where the kernel itself is the fault.
#pragma once

#include <cstdint>
#include <vector>

namespace mailprobed::test {

/// A port that nobody listens on, and that nobody else can take meanwhile.
class DeadPort {
  public:
    DeadPort();
    DeadPort(const DeadPort&) = delete;
    DeadPort& operator=(const DeadPort&) = delete;
    ~DeadPort();
    [[nodiscard]] std::uint16_t number() const noexcept { return port_; }

  private:
    // First: opening the socket sets it.
    std::uint16_t port_ = 0;
    int socket_;
};

/// A port whose backlog is full, so that the kernel drops every further SYN.
class DeafPort {
  public:
    /// Throws std::runtime_error if the kernel still takes connections.
    DeafPort();
    DeafPort(const DeafPort&) = delete;
    DeafPort& operator=(const DeafPort&) = delete;
    ~DeafPort();
    [[nodiscard]] std::uint16_t number() const noexcept { return port_; }

  private:
    // First: opening the socket sets it.
    std::uint16_t port_ = 0;
    int listener_;
    std::vector<int> waiting_;
};

}  // namespace mailprobed::test
