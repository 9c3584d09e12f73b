// SPDX-License-Identifier: Apache-2.0
// Smaller answers for clients that ask for them.
#pragma once

#include "daemon/http/response.hpp"

#include <cstddef>

namespace mailprobed {

/// Bodies up to this many bytes are sent as they are.
inline constexpr std::size_t kGzipFrom = 1024;

/// Compresses the body with gzip (RFC 1952) if it is longer than kGzipFrom; leaves it alone if that
/// fails or makes it no smaller. Takes some milliseconds a megabyte: not for the event loop.
void compress(WebResponse& response);

}  // namespace mailprobed
