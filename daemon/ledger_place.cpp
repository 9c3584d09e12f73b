// SPDX-License-Identifier: Apache-2.0
// flock: the kernel lets go of it however the process ends.
#include "daemon/ledger_place.hpp"

#include "daemon/start_failure.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace mailprobed {

std::string ledger_path(const std::string& state_directory) {
    return state_directory + "/ledger.db";
}

LedgerLock::LedgerLock(const std::string& state_directory) {
    const std::string path = state_directory + "/ledger.lock";
    fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd_ < 0) {
        const int error = errno;
        throw_file_error("cannot open " + path + ": " + std::strerror(error) +
                             "; set `state_directory` to a directory that the daemon may write to",
                         error);
    }
    if (::flock(fd_, LOCK_EX | LOCK_NB) != 0) {
        std::array<char, 16> owner{};
        const ssize_t length = ::read(fd_, owner.data(), owner.size() - 1);
        const std::string who =
            length > 0
                ? " (process " + std::string(owner.data(), static_cast<std::size_t>(length)) + ")"
                : "";
        ::close(fd_);
        throw LedgerInUse("another mailprobed" + who + " uses the ledger in " + state_directory +
                          "; stop it, or give this one its own `state_directory` and `instance`");
    }
    const std::string self = std::to_string(::getpid());
    // Only for the message above: a ledger without a name in its lock is still locked.
    if (::ftruncate(fd_, 0) != 0 || ::pwrite(fd_, self.data(), self.size(), 0) < 0) return;
}

LedgerLock::~LedgerLock() {
    ::close(fd_);
}

}  // namespace mailprobed
