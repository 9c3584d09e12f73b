// SPDX-License-Identifier: Apache-2.0
// Hides secrets in what mails and servers say: one may show what was heard at a login elsewhere.
#pragma once

#include "probes/domain/settings/settings.hpp"
#include "probes/session/redact/masker.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mailprobed {

/// The passwords of all accounts of a monitor, also of those that a reload took away.
class MailMasks {
  public:
    /// So many passwords are searched at once; with more of them only those of a mail's own route.
    static constexpr std::size_t kMostTogether = 32;

    /// All of them; null if they are too many.
    [[nodiscard]] Masker* together(const std::shared_ptr<const Settings>& settings);

  private:
    void learn(const Settings& settings);

    /// The settings whose passwords are known.
    std::weak_ptr<const Settings> learnt_;
    std::vector<Secret> known_;
    Masker all_;
};

/// What the servers of some accounts may have heard, hidden in texts about their mails.
class RouteMasks {
  public:
    /// Names of accounts.
    using Accounts = std::function<std::vector<std::string>()>;

    /// `accounts`, asked when a text comes, are names in `settings`; unknown ones are ignored.
    RouteMasks(MailMasks& all, std::shared_ptr<const Settings> settings, Accounts accounts);

    /// `text` without any secret. With `open_end` it may go on.
    [[nodiscard]] std::string masked(std::string_view text, bool open_end = false);

  private:
    MailMasks& all_;
    std::shared_ptr<const Settings> settings_;
    Accounts accounts_;
    /// Made when the first text comes, if those of all accounts are too many.
    std::optional<Masker> own_;
};

/// The accounts of a probe, which outlives what is returned.
[[nodiscard]] RouteMasks::Accounts ends_of(const ProbeSettings& probe);

}  // namespace mailprobed
