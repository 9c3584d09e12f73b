// SPDX-License-Identifier: Apache-2.0
// Loaded before the daemon (LD_PRELOAD), it moves its clocks while it runs: a file holds two 64-bit
// numbers of nanoseconds, added to the wall clock and to CLOCK_BOOTTIME. CLOCK_MONOTONIC and the
// kernel's timers stay true, which is what a step of the wall clock or a suspend looks like.
// Another file holds what the kernel's boot_id reads as; one that is not there is one that a
// sandbox hides.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

struct Offsets {
    std::int64_t wall;
    std::int64_t boot;
};

const Offsets* map_offsets() noexcept {
    static constexpr Offsets none{0, 0};
    const char* path = std::getenv("MAILPROBED_CLOCK_FILE");
    const int file = path == nullptr ? -1 : open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return &none;
    void* const page = mmap(nullptr, sizeof(Offsets), PROT_READ, MAP_SHARED, file, 0);
    close(file);
    // Without its clocks a test would prove nothing.
    if (page == MAP_FAILED) std::abort();
    return static_cast<const Offsets*>(page);
}

std::int64_t offset_of(clockid_t clock) noexcept {
    static const Offsets* const offsets = map_offsets();
    switch (clock) {
        case CLOCK_REALTIME:
        case CLOCK_REALTIME_COARSE:
            return __atomic_load_n(&offsets->wall, __ATOMIC_RELAXED);
        case CLOCK_BOOTTIME:
            return __atomic_load_n(&offsets->boot, __ATOMIC_RELAXED);
        default:
            return 0;
    }
}

const char* played(const char* path) noexcept {
    const char* other = std::getenv("MAILPROBED_BOOT_ID_FILE");
    const bool boot_id = std::strcmp(path, "/proc/sys/kernel/random/boot_id") == 0;
    return boot_id && other != nullptr ? other : path;
}

FILE* open_played(const char* function, const char* path, const char* mode) noexcept {
    using Open = FILE* (*)(const char*, const char*);
    const auto real = reinterpret_cast<Open>(dlsym(RTLD_NEXT, function));
    return real(played(path), mode);
}

}  // namespace

extern "C" {

// libstdc++ opens files by one of these.
FILE* fopen(const char* path, const char* mode) {
    return open_played("fopen", path, mode);
}

FILE* fopen64(const char* path, const char* mode) {
    return open_played("fopen64", path, mode);
}

int clock_gettime(clockid_t clock, timespec* ts) noexcept {
    const auto result = static_cast<int>(syscall(SYS_clock_gettime, clock, ts));
    if (result != 0) return result;
    const std::int64_t moved = ts->tv_nsec + offset_of(clock) % kSecond;
    ts->tv_sec += offset_of(clock) / kSecond + (moved >= kSecond ? 1 : 0) - (moved < 0 ? 1 : 0);
    ts->tv_nsec = (moved + kSecond) % kSecond;
    return 0;
}

time_t time(time_t* out) noexcept {
    timespec ts{};
    clock_gettime(CLOCK_REALTIME, &ts);
    if (out != nullptr) *out = ts.tv_sec;
    return ts.tv_sec;
}

int gettimeofday(timeval* tv, void* /*zone*/) noexcept {
    timespec ts{};
    clock_gettime(CLOCK_REALTIME, &ts);
    *tv = {ts.tv_sec, ts.tv_nsec / 1000};
    return 0;
}

}  // extern "C"
