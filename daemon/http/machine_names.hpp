// SPDX-License-Identifier: Apache-2.0
// The names under which this machine is likely to be scraped, found without asking anybody.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mailprobed {

/// The host's name as it is, in each domain that resolv.conf (`resolver`) searches, under `.local`
/// where it has no dot, and with what stands in its lines of the file of hosts (`hosts`).
[[nodiscard]] std::vector<std::string> machine_names(const std::string& host,
                                                     std::string_view resolver,
                                                     std::string_view hosts);

/// The names of this machine; no look-up that could take time.
[[nodiscard]] std::vector<std::string> own_machine_names();

}  // namespace mailprobed
