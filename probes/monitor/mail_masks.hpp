// SPDX-License-Identifier: Apache-2.0
// Hides secrets in what mails say: a server may write into a mail what it heard at a login.
#pragma once

#include "probes/domain/settings.hpp"
#include "probes/session/masker.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace mailprobed {

/// The passwords of all accounts of a monitor, also of those that a reload took away.
class MailMasks {
  public:
    /// So many passwords are searched at once; with more of them only those of a mail's own route.
    static constexpr std::size_t kMostTogether = 32;

    /// `text` of a mail of `probe` without any secret.
    [[nodiscard]] std::string masked(std::string_view text,
                                     const std::shared_ptr<const Settings>& settings,
                                     const ProbeSettings& probe);

  private:
    void learn(const Settings& settings);

    /// The settings whose passwords are known.
    std::weak_ptr<const Settings> learnt_;
    std::vector<Secret> known_;
    Masker all_;
};

}  // namespace mailprobed
