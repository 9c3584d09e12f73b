// SPDX-License-Identifier: Apache-2.0
// Sockets that the service manager opened for us (sd_listen_fds(3)).
#pragma once

#include <vector>

namespace mailprobed {

/// The listening TCP sockets called `http` (FileDescriptorName= of the unit); none if the process
/// was not started by a socket unit. Throws std::runtime_error if there are sockets, but no such
/// one. Works once: the environment forgets them.
[[nodiscard]] std::vector<int> sockets_of_service_manager();

}  // namespace mailprobed
