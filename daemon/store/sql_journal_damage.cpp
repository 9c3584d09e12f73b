// SPDX-License-Identifier: Apache-2.0
// A damaged ledger stays for people to look at, with what belongs to it.
#include "daemon/store/sql_journal_damage.hpp"

#include "probes/net/boot_clock.hpp"

#include <filesystem>
#include <system_error>

namespace mailprobed {

bool is_damage(const std::string& what) {
    return what.find("malformed") != std::string::npos ||
           what.find("not a database") != std::string::npos;
}

std::string set_ledger_aside(const std::string& path) {
    std::string aside = path + ".damaged-" + std::to_string(wall_now().time_since_epoch().count());
    std::filesystem::rename(path, aside);
    for (const char* suffix : {"-wal", "-shm"}) {
        std::error_code may_be_missing;
        std::filesystem::rename(path + suffix, aside + suffix, may_be_missing);
    }
    return aside;
}

}  // namespace mailprobed
