// SPDX-License-Identifier: Apache-2.0
// The way a mail took, by the stamps of the servers it passed: other people's clocks, never mixed
// into latencies.
#pragma once

#include "probes/base/time.hpp"
#include "probes/wire/message/authentication_results.hpp"
#include "probes/wire/message/mail_headers.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace mailprobed {

/// What the header of an arrived mail tells of the path it took.
struct DeliveryPath {
    /// "name at 2026-01-01T00:00:00Z; ..." from the first hop to the last, for history; capped.
    std::string hops;
    /// From the first hop's stamp to the last one's; nothing if fewer than two can be read
    /// or they are more than a year apart.
    std::optional<Duration> transit;
    /// The last hop's stamp.
    std::optional<WallTime> arrived;
    /// Set if the trusted server's verdict is there.
    std::optional<AuthenticationResults> authentication;
};

/// Reads Received and Authentication-Results; `authserv_id` is the trusted server, empty for none.
[[nodiscard]] DeliveryPath delivery_path_of(const MailHeaders& headers,
                                            std::string_view authserv_id);

}  // namespace mailprobed
