// SPDX-License-Identifier: Apache-2.0
// With which status the program ends.
#pragma once

#include <concepts>
#include <type_traits>

namespace mailprobed {

/// What every command may end with (sysexits.h where there is a name for it).
enum class ExitStatus : int {
    ok = 0,
    usage = 64,
    /// The address of `web.listen` or the ledger is taken, or nothing is wrong but that password
    /// commands failed: may work later. `status`: the daemon gives no answer that can be used.
    unavailable = 69,
    /// Something that should not happen, or that may pass: no memory, a disk that fails.
    internal = 70,
    /// Stopped, but the disk did not take the journal's last records in time.
    unwritten = 74,
    config = 78,
};

/// An ExitStatus, or a status of one command: an enum with values of its own between 0 and 63.
class ExitCode {
  public:
    template <class Status>
        requires std::same_as<std::underlying_type_t<Status>, int>
    constexpr ExitCode(Status status) noexcept : value_(static_cast<int>(status)) {}

    [[nodiscard]] constexpr int value() const noexcept { return value_; }
    friend constexpr bool operator==(ExitCode, ExitCode) = default;

  private:
    int value_;
};

}  // namespace mailprobed
