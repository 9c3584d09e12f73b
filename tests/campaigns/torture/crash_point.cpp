// SPDX-License-Identifier: Apache-2.0
// A library to preload: kills the process at its Nth change of a file in a given folder, so that
// every write of a journal can be the last one.
//
// MAILPROBED_CRASH_DIR the folder; MAILPROBED_CRASH_AT the number of the call;
// MAILPROBED_CRASH_CALL the only call that counts (fsync, ...), if set; MAILPROBED_CRASH_HOW
// before, after, torn (half of the bytes are written) or stall (the call hangs for 300 ms first, as
// on a slow disk); MAILPROBED_CRASH_REPORT a file for one line: when, where, how.
#include <array>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <string>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

namespace {

enum class How { before, after, torn, stall };

std::string variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

/// What the environment asks for, read at the first call.
struct Plan {
    std::string folder = variable("MAILPROBED_CRASH_DIR");
    std::string report = variable("MAILPROBED_CRASH_REPORT");
    std::string how_text = variable("MAILPROBED_CRASH_HOW");
    std::string only_call = variable("MAILPROBED_CRASH_CALL");
    long at = std::atol(variable("MAILPROBED_CRASH_AT").c_str());
    std::atomic<long> calls{0};

    [[nodiscard]] How how() const {
        if (how_text == "after") return How::after;
        if (how_text == "torn") return How::torn;
        return how_text == "stall" ? How::stall : How::before;
    }
};

Plan& plan() {
    static Plan only;
    return only;
}

long long boot_now() {
    timespec now{};
    clock_gettime(CLOCK_BOOTTIME, &now);
    return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
}

/// True if `fd` is a file in the folder. Not by /proc/self/fd: a process that hardens itself may
/// not read it.
bool is_ours(int fd) {
    if (plan().at <= 0) return false;
    struct stat file{};
    struct stat folder{};
    if (fstat(fd, &file) != 0 || !S_ISREG(file.st_mode)) return false;
    if (stat(plan().folder.c_str(), &folder) != 0 || folder.st_dev != file.st_dev) return false;
    DIR* const entries = opendir(plan().folder.c_str());
    if (entries == nullptr) return false;
    bool found = false;
    while (const dirent* entry = readdir(entries))
        found = found || entry->d_ino == file.st_ino;
    closedir(entries);
    return found;
}

bool is_ours(const char* path) {
    return plan().at > 0 && std::string(path).rfind(plan().folder + "/", 0) == 0;
}

[[noreturn]] void die(const char* site, long long since) {
    std::array<char, 128> line{};
    const int size = std::snprintf(line.data(), line.size(), "%lld %lld %s %s\n", since, boot_now(),
                                   site, plan().how_text.c_str());
    // System calls, for write() is hooked.
    const auto fd = static_cast<int>(
        syscall(SYS_openat, AT_FDCWD, plan().report.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600));
    syscall(SYS_write, fd, line.data(), static_cast<std::size_t>(size));
    kill(getpid(), SIGKILL);
    for (;;)
        pause();
}

/// Runs one call; `half` is what a torn one does.
template <class Whole, class Half>
auto at_site(const char* site, bool ours, Whole whole, Half half) {
    const bool counts = ours && (plan().only_call.empty() || plan().only_call == site);
    if (!counts || ++plan().calls != plan().at) return whole();
    const long long since = boot_now();
    switch (plan().how()) {
        case How::before:
            break;
        case How::after:
            whole();
            break;
        case How::torn:
            half();
            break;
        case How::stall: {
            const timespec nap{0, 300'000'000};
            nanosleep(&nap, nullptr);
            break;
        }
    }
    die(site, since);
}

template <class Function>
Function* next(const char* name) {
    return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {

ssize_t write(int fd, const void* data, size_t size) {
    static auto* const real = next<ssize_t(int, const void*, size_t)>("write");
    return at_site(
        "write", is_ours(fd), [&] { return real(fd, data, size); },
        [&] { return real(fd, data, size / 2); });
}

ssize_t pwrite(int fd, const void* data, size_t size, off_t offset) {
    static auto* const real = next<ssize_t(int, const void*, size_t, off_t)>("pwrite");
    return at_site(
        "pwrite", is_ours(fd), [&] { return real(fd, data, size, offset); },
        [&] { return real(fd, data, size / 2, offset); });
}

ssize_t pwrite64(int fd, const void* data, size_t size, off64_t offset) {
    static auto* const real = next<ssize_t(int, const void*, size_t, off64_t)>("pwrite64");
    return at_site(
        "pwrite", is_ours(fd), [&] { return real(fd, data, size, offset); },
        [&] { return real(fd, data, size / 2, offset); });
}

int fsync(int fd) {
    static auto* const real = next<int(int)>("fsync");
    return at_site("fsync", is_ours(fd), [&] { return real(fd); }, [] {});
}

int fdatasync(int fd) {
    static auto* const real = next<int(int)>("fdatasync");
    return at_site("fsync", is_ours(fd), [&] { return real(fd); }, [] {});
}

int ftruncate(int fd, off_t size) noexcept {
    static auto* const real = next<int(int, off_t)>("ftruncate");
    return at_site("ftruncate", is_ours(fd), [&] { return real(fd, size); }, [] {});
}

int ftruncate64(int fd, off64_t size) noexcept {
    static auto* const real = next<int(int, off64_t)>("ftruncate64");
    return at_site("ftruncate", is_ours(fd), [&] { return real(fd, size); }, [] {});
}

int unlink(const char* path) noexcept {
    static auto* const real = next<int(const char*)>("unlink");
    return at_site("unlink", is_ours(path), [&] { return real(path); }, [] {});
}

int link(const char* from, const char* to) noexcept {
    static auto* const real = next<int(const char*, const char*)>("link");
    return at_site("link", is_ours(to), [&] { return real(from, to); }, [] {});
}

int rename(const char* from, const char* to) noexcept {
    static auto* const real = next<int(const char*, const char*)>("rename");
    return at_site("rename", is_ours(to), [&] { return real(from, to); }, [] {});
}

}  // extern "C"
