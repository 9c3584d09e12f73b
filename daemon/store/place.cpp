// SPDX-License-Identifier: Apache-2.0
// flock: the kernel lets go of it however the process ends.
#include "daemon/store/place.hpp"

#include "daemon/store/copy.hpp"
#include "probes/base/file_error.hpp"
#include "probes/net/boot_clock.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <optional>
#include <sys/file.h>
#include <unistd.h>
#include <utility>

namespace mailprobed {
namespace {

int open_lock(const std::string& path) {
    return ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
}

constexpr const char* kRecovered = "ledger-recovered-";

std::string usual_path(const std::string& state_directory) {
    return state_directory + "/ledger.db";
}

std::optional<std::string> newest_recovered(const std::string& state_directory) {
    std::optional<std::string> newest;
    std::error_code no_directory;
    for (const auto& entry : std::filesystem::directory_iterator(state_directory, no_directory)) {
        const std::string name = entry.path().filename();
        if (!name.starts_with(kRecovered) || !name.ends_with(".db")) continue;
        // The numbers are Unix times of one length.
        if (!newest || *newest < entry.path().string()) newest = entry.path().string();
    }
    return newest;
}

void sign(int lock) {
    const std::string self = std::to_string(::getpid());
    // Only for the message of the next one: a ledger without a name in its lock is still locked.
    if (::ftruncate(lock, 0) != 0 || ::pwrite(lock, self.data(), self.size(), 0) < 0) return;
}

}  // namespace

std::string ledger_path(const std::string& state_directory) {
    return newest_recovered(state_directory).value_or(usual_path(state_directory));
}

std::string recovered_ledger_path(const std::string& state_directory) {
    const auto now = std::chrono::floor<std::chrono::seconds>(wall_now().time_since_epoch());
    return state_directory + "/" + kRecovered + std::to_string(now.count()) + ".db";
}

std::string adopt_recovered_ledger(const std::string& state_directory) {
    const std::optional<std::string> recovered = newest_recovered(state_directory);
    if (!recovered) return {};
    close_cleanly(*recovered);
    const std::string usual = usual_path(state_directory);
    std::string told =
        "the ledger that an earlier run had to make, " + *recovered + ", is now " + usual;
    const std::string aside = usual + ".replaced-" + recovered->substr(recovered->rfind('-') + 1);
    // Its companions even without it: they would be taken for those of the file that comes.
    for (const char* suffix : {"", "-wal", "-shm"}) {
        if (!std::filesystem::exists(usual + suffix)) continue;
        std::filesystem::rename(usual + suffix, aside + suffix);
        if (*suffix == '\0') told += "; what stood there is " + aside;
    }
    std::filesystem::rename(*recovered, usual);
    return told;
}

LedgerLock::LedgerLock(const std::string& state_directory)
    : directory_(state_directory), path_(state_directory + "/ledger.lock") {
    fd_ = open_lock(path_);
    int error = fd_ < 0 ? errno : 0;
    if (error == EROFS) {
        // As after a fault of the disk. Who has the ledger has the lock there too, and where there
        // is no lock nobody has it.
        complete_ = false;
        fd_ = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
        error = fd_ < 0 && errno != ENOENT ? errno : 0;
    }
    if (error != 0) refuse(error);
    if (fd_ >= 0) take();
    if (complete_) sign(fd_);
}

void LedgerLock::complete() {
    if (complete_) return;
    const int fd = open_lock(path_);
    if (fd < 0) refuse(errno);
    if (fd_ < 0) {
        fd_ = fd;
        take();
        sign(fd_);
    } else {
        // The lock that was taken for reading is as good, and taking it anew might lose it.
        sign(fd);
        ::close(fd);
    }
    complete_ = true;
}

void LedgerLock::refuse(int error) const {
    throw_file_error("cannot open " + path_ + ": " + std::strerror(error) +
                         "; set `state_directory` to a directory that the daemon may write to",
                     error);
}

void LedgerLock::take() {
    if (::flock(fd_, LOCK_EX | LOCK_NB) == 0) return;
    std::array<char, 16> owner{};
    const ssize_t length = ::read(fd_, owner.data(), owner.size() - 1);
    const std::string who =
        length > 0
            ? " (process " + std::string(owner.data(), static_cast<std::size_t>(length)) + ")"
            : "";
    ::close(std::exchange(fd_, -1));
    throw LedgerInUse("another mailprobed" + who + " uses the ledger in " + directory_ +
                      "; stop it, or give this one its own `state_directory` and `instance`");
}

LedgerLock::~LedgerLock() {
    if (fd_ >= 0) ::close(fd_);
}

}  // namespace mailprobed
