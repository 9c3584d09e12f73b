// SPDX-License-Identifier: Apache-2.0
// Activation over libsystemd.
#include "daemon/service/activation.hpp"

#include <cstdlib>
#include <stdexcept>
#include <string_view>
#include <systemd/sd-daemon.h>
#include <unistd.h>

namespace mailprobed {

std::vector<int> activated_sockets() {
    char** names = nullptr;
    // Makes them close on exec, and takes the variables away from password commands.
    const int count = ::sd_listen_fds_with_names(1, &names);
    std::vector<int> sockets;
    for (int i = 0; i < count; ++i) {
        const int descriptor = SD_LISTEN_FDS_START + i;
        if (std::string_view(names[i]) == "http" &&
            ::sd_is_socket(descriptor, 0, SOCK_STREAM, 1) > 0) {
            sockets.push_back(descriptor);
        } else {
            ::close(descriptor);
        }
        std::free(names[i]);
    }
    std::free(static_cast<void*>(names));
    if (count > 0 && sockets.empty()) {
        throw std::runtime_error(
            "cannot use the sockets of the service manager: none is a listening stream socket "
            "called http; set ListenStream= to an address and FileDescriptorName=http in the "
            "socket unit");
    }
    return sockets;
}

}  // namespace mailprobed
