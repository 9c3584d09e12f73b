// SPDX-License-Identifier: Apache-2.0
// What logins of all protocols share: responses built without leaving copies of the password.
#pragma once

#include "probes/base/secret.hpp"

#include <string_view>

namespace mailprobed {

/// `head` and `tail` as one secret.
[[nodiscard]] Secret joined(std::string_view head, std::string_view tail);

/// The response of PLAIN (RFC 4616) in base64, with an empty authorization identity.
[[nodiscard]] Secret plain_response(std::string_view username, const Secret& password);

}  // namespace mailprobed
