// SPDX-License-Identifier: Apache-2.0
// Loaded before the daemon (LD_PRELOAD), it is the disk's mood: the first letter of the file
// $MAILPROBED_DISK_FILE makes fsync(2) and fdatasync(2) hang (h) for as long as it stands there,
// take a second (s), or fail as on a full disk (f). Anything else, or no file: as usual.
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <fcntl.h>
#include <sys/syscall.h>
#include <thread>
#include <unistd.h>

namespace {

char mood() noexcept {
    const char* path = std::getenv("MAILPROBED_DISK_FILE");
    const int file = path == nullptr ? -1 : open(path, O_RDONLY | O_CLOEXEC);
    char letter = 'g';
    if (file < 0) return letter;
    if (read(file, &letter, 1) != 1) letter = 'g';
    close(file);
    return letter;
}

int sync_by(long call, int file) noexcept {
    using namespace std::chrono_literals;
    while (mood() == 'h')
        std::this_thread::sleep_for(10ms);
    if (mood() == 's') std::this_thread::sleep_for(1s);
    if (mood() == 'f') {
        errno = ENOSPC;
        return -1;
    }
    return static_cast<int>(syscall(call, file));
}

}  // namespace

extern "C" {

int fsync(int file) {
    return sync_by(SYS_fsync, file);
}

int fdatasync(int file) {
    return sync_by(SYS_fdatasync, file);
}

}  // extern "C"
