// SPDX-License-Identifier: Apache-2.0
// How a connection gets its TLS.
#pragma once

#include <cstdint>

namespace mailprobed {

/// How a connection gets its TLS; there is no opportunistic mode (RFC 8314).
enum class TlsMode : std::uint8_t { implicit, starttls, none };

}  // namespace mailprobed
