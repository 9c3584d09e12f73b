// SPDX-License-Identifier: Apache-2.0
// Reads /proc and the allocator.
#include "tests/campaigns/torture/soak_size.hpp"

#include <algorithm>
#include <dirent.h>
#include <fstream>
#include <malloc.h>
#include <unistd.h>

namespace mailprobed::soak {
namespace {

std::size_t entries_of(const char* folder) {
    std::size_t count = 0;
    if (DIR* directory = opendir(folder)) {
        while (const dirent* entry = readdir(directory))
            count += entry->d_name[0] == '.' ? 0 : 1;
        closedir(directory);
    }
    return count;
}

}  // namespace

Size size_now() {
    constexpr double kMib = 1048576.0;
    // What was resident without it would be the worst moment so far: a burst of conversations, from
    // a busy machine, leaves the heap as large as it became (60 MiB resident with 8 MiB in use have
    // been seen), and a run of a million mails grows in steps by that alone.
    malloc_trim(0);
    Size size;
    long pages = 0;
    std::ifstream("/proc/self/statm") >> pages >> pages;
    size.resident_mib = static_cast<double>(pages * sysconf(_SC_PAGESIZE)) / kMib;
    const struct mallinfo2 heap = mallinfo2();
    size.heap_mib = static_cast<double>(heap.uordblks + heap.hblkhd) / kMib;
    size.descriptors = entries_of("/proc/self/fd");
    size.threads = entries_of("/proc/self/task");
    return size;
}

template <class T>
T Sizes::pick(double from, double to, double share, T Size::* member) const {
    const auto at = [this](double part) {
        return static_cast<std::size_t>(part * static_cast<double>(seen_.size()));
    };
    std::vector<T> values;
    for (std::size_t i = at(from); i < std::min(at(to), seen_.size()); ++i)
        values.push_back(seen_[i].*member);
    if (values.empty()) return {};
    std::ranges::sort(values);
    return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))];
}

double Sizes::quantile(double from, double to, double share, double Size::* member) const {
    return pick(from, to, share, member);
}

std::size_t Sizes::quantile(double from, double to, double share,
                            std::size_t Size::* member) const {
    return pick(from, to, share, member);
}

}  // namespace mailprobed::soak
