// SPDX-License-Identifier: Apache-2.0
// Socket activation as the service manager does it: descriptors from 3 on, named by the environment
// of a process that has just been started.
#include "daemon/service/activation.hpp"

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <array>
#include <cstdlib>
#include <fcntl.h>
#include <functional>
#include <netinet/in.h>
#include <string>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace mailprobed::daemon_test {
namespace {

/// A TCP socket on loopback at this descriptor.
void put_listener(int descriptor, bool listening = true) {
    const int made = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in any{};
    any.sin_family = AF_INET;
    any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the API of the kernel
    ::bind(made, reinterpret_cast<const sockaddr*>(&any), sizeof any);
    if (listening) ::listen(made, 1);
    if (made == descriptor) return;
    ::dup2(made, descriptor);
    ::close(made);
}

/// Runs `check` in a child that was given so many descriptors with these names; true if it agrees.
bool in_activated_child(int count, const char* names, const std::function<bool()>& check) {
    const pid_t child = ::fork();
    if (child == 0) {
        // What the runner of the tests had open there is not the child's business.
        for (int i = 0; i < count; ++i)
            ::close(3 + i);
        for (int i = 0; i < count; ++i)
            put_listener(3 + i, i != 2);
        ::setenv("LISTEN_FDS", std::to_string(count).c_str(), 1);
        ::setenv("LISTEN_FDNAMES", names, 1);
        ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
        ::_exit(check() ? 0 : 1);
    }
    int status = -1;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

TEST(Activation, ListeningSocketsNamedHttpAreTakenInOrderAndNotInherited) {
    EXPECT_TRUE(in_activated_child(2, "http:http", [] {
        const std::vector<int> sockets = activated_sockets();
        const bool closed_on_exec = (::fcntl(3, F_GETFD) & FD_CLOEXEC) != 0;
        return sockets == std::vector{3, 4} && closed_on_exec && getenv("LISTEN_FDS") == nullptr;
    }));
}

TEST(Activation, WhatHasAnotherNameOrDoesNotListenIsClosed) {
    EXPECT_TRUE(in_activated_child(3, "other:http:http", [] {
        const std::vector<int> sockets = activated_sockets();
        return sockets == std::vector{4} && ::fcntl(3, F_GETFD) < 0 && ::fcntl(5, F_GETFD) < 0;
    }));
}

TEST(Activation, WithoutAManagerThereAreNoSockets) {
    EXPECT_TRUE(activated_sockets().empty());
}

}  // namespace
}  // namespace mailprobed::daemon_test
