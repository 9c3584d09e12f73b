// SPDX-License-Identifier: Apache-2.0
// Not synced: a mark that a power cut makes older or empty claims less, never something false.
#include "daemon/store/mark.hpp"

#include <filesystem>
#include <fstream>

namespace mailprobed {
namespace {

std::string path_in(const std::string& state_directory) {
    return state_directory + "/ledger.mark";
}

}  // namespace

std::optional<LedgerMark> read_ledger_mark(const std::string& state_directory) {
    std::ifstream file(path_in(state_directory));
    LedgerMark mark;
    if (!(file >> mark.run >> mark.readings)) return std::nullopt;
    return mark;
}

void write_ledger_mark(const std::string& state_directory, const LedgerMark& mark) noexcept {
    try {
        const std::string path = path_in(state_directory);
        const std::string draft = path + ".draft";
        std::ofstream file(draft, std::ios::trunc);
        file << mark.run << ' ' << mark.readings << '\n';
        file.close();
        if (file) std::filesystem::rename(draft, path);
    } catch (const std::exception&) {
        return;
    }
}

}  // namespace mailprobed
