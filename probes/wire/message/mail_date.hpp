// SPDX-License-Identifier: Apache-2.0
// Dates as mail headers write them (RFC 5322 3.3 and, for old programs, 4.3).
#pragma once

#include "probes/base/time.hpp"

#include <optional>
#include <string_view>

namespace mailprobed {

/// The moment that `text` names; comments, folding, two-digit years, zone names and a missing zone
/// (UTC) are understood. Nothing if it is no date or lies outside the years 1900 to 2261.
[[nodiscard]] std::optional<WallTime> parse_mail_date(std::string_view text);

}  // namespace mailprobed
