// SPDX-License-Identifier: Apache-2.0
// What known mail providers allow: the table that config/README.md shows with its sources.
#pragma once

#include "probes/base/time.hpp"
#include "probes/domain/settings/settings.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace mailprobed {

/// How well a number of the table is founded.
enum class LimitBasis : std::uint8_t {
    /// The provider says so itself.
    documented,
    /// Others say so, or an old server reply does.
    reported,
    /// The provider keeps its number secret; ours is careful.
    cautious,
};

/// A number of mails or logins and where it comes from; 0 means none is known.
struct ProviderLimit {
    std::uint32_t most = 0;
    LimitBasis basis = LimitBasis::documented;
};

/// One provider and its limits for each account.
struct Provider {
    std::string_view name;
    /// Its servers end in one of these, at a dot.
    std::span<const std::string_view> domains;
    /// POP3 logins.
    ProviderLimit logins_per_hour;
    /// The least time between two POP3 logins where the server cuts off what comes sooner without
    /// having announced LOGIN-DELAY; else zero.
    Duration least_gap{};
    /// Mails sent.
    ProviderLimit mails_per_minute;
    ProviderLimit mails_per_hour;
    ProviderLimit mails_per_day;
    /// What its POP3 listing leaves out, by the provider's own words.
    ListWindow window{};
};

/// The window as a configuration has it, `{age: 30d}`; empty for none.
[[nodiscard]] std::string window_text(const ListWindow& window);

/// The table.
[[nodiscard]] std::span<const Provider> providers() noexcept;

/// The provider that runs `host` (in lower case), or nullptr.
[[nodiscard]] const Provider* provider_of(std::string_view host) noexcept;

/// The word for a basis as documentation and messages have it.
[[nodiscard]] std::string_view basis_word(LimitBasis basis) noexcept;

}  // namespace mailprobed
