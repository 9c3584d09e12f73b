// SPDX-License-Identifier: Apache-2.0
// Sockets that the service manager has opened for the daemon (socket activation).
#pragma once

#include <vector>

namespace mailprobed {

/// The descriptors that mailprobed.socket hands over under the name `http`, in its order, not to be
/// inherited by children; the caller owns them. Empty without such a unit; to be asked once, at
/// start, before there are other threads. Throws std::runtime_error if there are sockets, but
/// no such one.
[[nodiscard]] std::vector<int> activated_sockets();

}  // namespace mailprobed
