// SPDX-License-Identifier: Apache-2.0
// Feeds the files of a folder to a fuzz target; takes libFuzzer's place in ordinary builds.
#include "tests/fuzz/support/fuzz.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

int main(int argc, char** argv) {
    std::vector<std::filesystem::path> files;
    for (int i = 1; i < argc; ++i) {
        if (!std::filesystem::is_directory(argv[i])) {
            files.emplace_back(argv[i]);
            continue;
        }
        for (const auto& entry : std::filesystem::directory_iterator(argv[i]))
            files.push_back(entry.path());
    }
    std::ranges::sort(files);
    // A corpus that was lost would otherwise pass.
    if (files.empty()) {
        std::fprintf(stderr, "usage: %s FILE-OR-FOLDER...; nothing to replay\n", argv[0]);
        return 2;
    }
    for (const auto& path : files) {
        std::ifstream file(path, std::ios::binary);
        const std::string text{std::istreambuf_iterator<char>(file), {}};
        if (file.bad()) {
            std::fprintf(stderr, "%s cannot be read\n", path.c_str());
            return 2;
        }
        // The last line that is printed names the input that broke a rule.
        std::printf("%s\n", path.c_str());
        std::fflush(stdout);
        // An allocation of the exact size, so that reading one octet too far is noticed.
        const std::vector<std::uint8_t> octets(text.begin(), text.end());
        LLVMFuzzerTestOneInput(octets.data(), octets.size());
    }
    std::printf("%zu inputs\n", files.size());
    return 0;
}
