// SPDX-License-Identifier: Apache-2.0
// getrusage and /proc.
#include "tests/campaigns/bench/usage.hpp"

#include "probes/net/boot_clock.hpp"

#include <fstream>
#include <stdexcept>
#include <sys/resource.h>
#include <unistd.h>

namespace mailprobed::bench {
namespace {

Duration duration_of(const timeval& time) {
    return std::chrono::seconds{time.tv_sec} + std::chrono::microseconds{time.tv_usec};
}

}  // namespace

Usage Usage::now() {
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    return {duration_of(used.ru_utime), duration_of(used.ru_stime), BootClock::now()};
}

std::int64_t resident_bytes() {
    std::ifstream file("/proc/self/statm");
    std::int64_t pages = 0;
    file >> pages >> pages;
    if (!file) throw std::runtime_error("cannot read /proc/self/statm");
    return pages * ::sysconf(_SC_PAGESIZE);
}

}  // namespace mailprobed::bench
