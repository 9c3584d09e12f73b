// SPDX-License-Identifier: Apache-2.0
// Takes what LISTEN_FDS, LISTEN_PID and LISTEN_FDNAMES announce.
#include "daemon/web_sockets.hpp"

#include <cstdlib>
#include <stdexcept>
#include <string_view>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>

namespace mailprobed {

std::vector<int> sockets_of_service_manager() {
    constexpr int kForget = 1;
    char** names = nullptr;
    const int count = ::sd_listen_fds_with_names(kForget, &names);
    std::vector<int> result;
    for (int i = 0; i < count; ++i) {
        const int socket = SD_LISTEN_FDS_START + i;
        const bool stream = ::sd_is_socket_inet(socket, AF_UNSPEC, SOCK_STREAM, 1, 0) > 0;
        if (stream && std::string_view(names[i]) == "http") result.push_back(socket);
        std::free(names[i]);
    }
    std::free(static_cast<void*>(names));
    if (count > 0 && result.empty()) {
        throw std::runtime_error(
            "cannot use the sockets of the service manager: none is a listening TCP socket called "
            "http; set ListenStream= to an address and FileDescriptorName=http in the socket unit");
    }
    return result;
}

}  // namespace mailprobed
