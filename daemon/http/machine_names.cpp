// SPDX-License-Identifier: Apache-2.0
// A look-up in the DNS could hang the start, and what it says is not what clients call us anyway.
#include "daemon/http/machine_names.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>
#include <unistd.h>

namespace mailprobed {

namespace {

/// Larger files are no configuration.
constexpr std::size_t kMostBytes = 256UL * 1024UL;

std::vector<std::string> words_of(const std::string& line) {
    std::istringstream stream(line.substr(0, line.find_first_of("#;")));
    std::vector<std::string> words;
    for (std::string word; stream >> word;)
        words.push_back(std::move(word));
    return words;
}

/// Calls `each` with the words of every line.
template <class Each>
void for_lines(std::string_view text, Each each) {
    std::istringstream stream{std::string(text)};
    for (std::string line; std::getline(stream, line);)
        each(words_of(line));
}

std::string beginning_of(const char* path) {
    std::ifstream file(path, std::ios::binary);
    std::string text(kMostBytes, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(file.gcount()));
    return text;
}

}  // namespace

std::vector<std::string> machine_names(const std::string& host, std::string_view resolver,
                                       std::string_view hosts) {
    std::vector<std::string> names;
    const auto add = [&names](const std::string& name) {
        if (!name.empty() && std::ranges::find(names, name) == names.end()) names.push_back(name);
    };
    if (host.empty()) return names;
    add(host);
    const std::string first = host.substr(0, host.find('.'));
    add(first);
    // Nobody but the own network can answer for it (RFC 6762).
    add(first + ".local");
    for_lines(resolver, [&](const std::vector<std::string>& words) {
        if (words.empty() || (words[0] != "search" && words[0] != "domain")) return;
        for (std::size_t i = 1; i < words.size(); ++i) {
            if (words[i] != ".") add(first + "." + words[i]);
        }
    });
    for_lines(hosts, [&](const std::vector<std::string>& words) {
        // The first word is the address.
        if (words.empty() || std::find(words.begin() + 1, words.end(), host) == words.end()) return;
        for (std::size_t i = 1; i < words.size(); ++i)
            add(words[i]);
    });
    return names;
}

std::vector<std::string> own_machine_names() {
    std::array<char, 256> name{};
    if (::gethostname(name.data(), name.size() - 1) != 0) return {};
    return machine_names(name.data(), beginning_of("/etc/resolv.conf"), beginning_of("/etc/hosts"));
}

}  // namespace mailprobed
