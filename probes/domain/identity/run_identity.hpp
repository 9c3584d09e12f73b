// SPDX-License-Identifier: Apache-2.0
// Which runs of a daemon are its own: what tells it from another one that has its instance and key.
#pragma once

#include "probes/base/time.hpp"
#include "probes/domain/identity/tag.hpp"

#include <cstdint>
#include <unordered_map>
#include <vector>

namespace mailprobed {

/// A run that the ledger knows.
struct RestoredRun {
    /// What its tags say; 0 of a run that wrote tags of version 1.
    std::uint32_t id = 0;
    /// The newest time of the wall clock that it recorded.
    WallTime until;
};

/// The runs of this daemon: the present one and those in its ledger. A second daemon that was made
/// by copying this one has the same instance and key, but never the same runs.
class RunIdentity {
  public:
    /// `own` is of the present run; 0: its tags name none.
    RunIdentity(std::uint32_t own, const std::vector<RestoredRun>& earlier);

    /// What tags of this run say.
    [[nodiscard]] std::uint32_t own() const noexcept { return own_; }
    /// False if another daemon sent the mail of `tag`, whose mail id the ledger does not know. A
    /// copy of the ledger knows runs that went on elsewhere: what they sent after the last time
    /// that it holds of them is another's, too.
    [[nodiscard]] bool may_have_sent(const Tag& tag) const;

  private:
    std::uint32_t own_;
    std::unordered_map<std::uint32_t, WallTime> earlier_;
};

}  // namespace mailprobed
