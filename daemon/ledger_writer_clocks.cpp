// SPDX-License-Identifier: Apache-2.0
// The clocks that instants of a run are converted by.
#include "daemon/ledger_writer.hpp"
#include "probes/net/boot_clock.hpp"

#include <fstream>
#include <string>

namespace mailprobed {

ClockReading read_clocks() {
    ClockReading now;
    std::ifstream file("/proc/sys/kernel/random/boot_id");
    std::getline(file, now.boot_id);
    now.boot = BootClock::now();
    now.wall = wall_now();
    return now;
}

}  // namespace mailprobed
