// SPDX-License-Identifier: Apache-2.0
// The clocks that instants of a run are converted by.
#include "daemon/store/writer.hpp"
#include "probes/net/boot_clock.hpp"

#include <cstdlib>
#include <fstream>
#include <string>

namespace mailprobed {
namespace {

std::string bare(std::string boot_id) {
    // systemd writes it without hyphens.
    std::erase(boot_id, '-');
    return boot_id;
}

}  // namespace

std::string boot_identity() {
    std::ifstream file("/proc/sys/kernel/random/boot_id");
    std::string seen;
    std::getline(file, seen);
    // The unit says it, for its sandbox hides the file.
    const char* variable = std::getenv("MAILPROBED_BOOT_ID");
    const std::string told = variable == nullptr ? "" : variable;
    if (seen.empty() || told.empty()) return seen.empty() ? told : seen;
    // An environment may have been kept over a reboot, as a container's is.
    return bare(seen) == bare(told) ? seen : "";
}

ClockReading read_clocks() {
    ClockReading now;
    now.boot_id = boot_identity();
    now.boot = BootClock::now();
    now.wall = wall_now();
    return now;
}

}  // namespace mailprobed
