// SPDX-License-Identifier: Apache-2.0
// Who sends what to whom in the run that is judged: accounts, probes, times, outages.
#pragma once

#include "probes/domain/settings/settings.hpp"
#include "tests/campaigns/accounting/fault_plan.hpp"
#include "tests/loopback/server.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace mailprobed::accounting {

/// Settings for a number of mails.
class Scene {
  public:
    static constexpr std::uint64_t kSeed = 20;

    explicit Scene(std::size_t mails);

    [[nodiscard]] std::size_t probes() const noexcept { return probes_; }
    [[nodiscard]] std::size_t mails_each() const noexcept { return mails_each_; }
    /// Between two mails of a probe, if the machine is fast enough.
    [[nodiscard]] Duration interval() const noexcept;
    /// How often each kind of fault shall strike.
    [[nodiscard]] unsigned needed_faults() const noexcept { return needed_; }
    /// The modes in which the probes send.
    [[nodiscard]] std::vector<TlsMode> modes() const;

    [[nodiscard]] loopback::Options server_options(const std::filesystem::path& folder) const;
    /// `server` runs.
    [[nodiscard]] Settings settings(const loopback::Server& server) const;
    /// True while a mailbox cannot be read: two of three have one such time.
    [[nodiscard]] bool is_down(std::size_t mailbox, Duration since_start) const noexcept;
    /// Tells the judge what it must know of all this.
    void describe(const std::filesystem::path& file, const Settings& settings,
                  const FaultPlan& plan) const;

  private:
    std::size_t probes_;
    std::size_t mailboxes_;
    std::size_t mails_each_;
    unsigned needed_;
};

}  // namespace mailprobed::accounting
