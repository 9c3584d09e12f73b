// SPDX-License-Identifier: Apache-2.0
// Loaded before the daemon (LD_PRELOAD), it is the disk's mood: the first letter of the file
// $MAILPROBED_DISK_FILE makes fsync(2) and fdatasync(2) hang (h) for as long as it stands there,
// take a second (s), or fail as on a full disk (f); or makes the file system of the ledger
// read-only (r), as the kernel does after a fault of the disk. Anything else, or no file: as usual.
#include <cerrno>
#include <chrono>
#include <cstdarg>
#include <cstdlib>
#include <fcntl.h>
#include <string>
#include <string_view>
#include <sys/syscall.h>
#include <thread>
#include <unistd.h>

namespace {

int open_as_usual(const char* path, int flags, mode_t mode) noexcept {
    return static_cast<int>(syscall(SYS_openat, AT_FDCWD, path, flags, mode));
}

char mood() noexcept {
    const char* path = std::getenv("MAILPROBED_DISK_FILE");
    const int file = path == nullptr ? -1 : open_as_usual(path, O_RDONLY | O_CLOEXEC, 0);
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

bool of_ledger(std::string_view path) noexcept {
    return path.find("/ledger.") != std::string_view::npos;
}

int open_by(const char* path, int flags, mode_t mode) noexcept {
    if ((flags & O_ACCMODE) != O_RDONLY && of_ledger(path) && mood() == 'r') {
        errno = EROFS;
        return -1;
    }
    return open_as_usual(path, flags, mode);
}

ssize_t write_by(int file, const void* data, std::size_t size, off_t at) noexcept {
    if (mood() == 'r') {
        char path[4096];
        const std::string link = "/proc/self/fd/" + std::to_string(file);
        const ssize_t length = readlink(link.c_str(), path, sizeof path);
        if (length > 0 && of_ledger({path, static_cast<std::size_t>(length)})) {
            errno = EROFS;
            return -1;
        }
    }
    return syscall(SYS_pwrite64, file, data, size, at);
}

mode_t mode_of(int flags, va_list& arguments) noexcept {
    return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, mode_t) : 0;
}

}  // namespace

extern "C" {

int open(const char* path, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    const mode_t mode = mode_of(flags, arguments);
    va_end(arguments);
    return open_by(path, flags, mode);
}

int open64(const char* path, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    const mode_t mode = mode_of(flags, arguments);
    va_end(arguments);
    return open_by(path, flags, mode);
}

ssize_t pwrite(int file, const void* data, size_t size, off_t at) {
    return write_by(file, data, size, at);
}

ssize_t pwrite64(int file, const void* data, size_t size, off64_t at) {
    return write_by(file, data, size, at);
}

int fsync(int file) {
    return sync_by(SYS_fsync, file);
}

int fdatasync(int file) {
    return sync_by(SYS_fdatasync, file);
}

}  // extern "C"
