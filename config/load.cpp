// SPDX-License-Identifier: Apache-2.0
// Reads all sections, then checks across them; every step goes on after errors of an earlier one.
#include "config/load.hpp"

#include "config/checks/checks.hpp"
#include "config/load/document.hpp"
#include "config/load/draft.hpp"
#include "config/load/syntax.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace mailprobed {

namespace {

constexpr const char* kReadable = "a readable YAML file of at most 4 MiB";

/// The content of `path`, or what is wrong with it; may be a pipe.
std::optional<Complaint> read_file(const std::string& path, std::string& out) {
    const auto failure = [](int error) {
        return Complaint{"cannot be read: " + std::generic_category().message(error), kReadable};
    };
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return failure(errno);
    std::optional<Complaint> complaint;
    std::array<char, 65'536> block{};
    for (;;) {
        const ssize_t count = ::read(descriptor, block.data(), block.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) complaint = failure(errno);
        if (count <= 0) break;
        out.append(block.data(), static_cast<std::size_t>(count));
        if (out.size() > kConfigFileLimit) {
            complaint = Complaint{"is too large", kReadable};
            break;
        }
    }
    ::close(descriptor);
    wipe(block.data(), block.size());
    return complaint;
}

const ConfigNode* value_of(const ConfigNode* map, std::string_view key) {
    if (map == nullptr) return nullptr;
    const auto found = std::ranges::find(map->entries, key, &ConfigEntry::key);
    return found == map->entries.end() ? nullptr : found->value.get();
}

void read_listen(const ConfigNode& node, ProblemList& problems, std::vector<std::string>& out) {
    std::optional<Complaint> complaint = check_listen(node.text);
    if (!complaint) {
        out.push_back(node.text);
        return;
    }
    problems.error(node.place, "`web.listen` " + complaint->what, complaint->expected);
}

}  // namespace

LoadedListen load_listen(const std::string& path) {
    LoadedListen loaded;
    std::string text;
    if (const auto complaint = read_file(path, text)) {
        loaded.problems.push_back({path, 1, 1, "the file " + complaint->what, complaint->expected});
        return loaded;
    }
    ProblemList problems(path);
    const auto document = parse_document(text, problems);
    wipe(text.data(), text.size());
    const ConfigNode* node = value_of(value_of(document.get(), "web"), "listen");
    if (node == nullptr) {
        loaded.listen = WebSettings().listen;
    } else if (node->kind == ConfigNode::Kind::list && !node->items.empty()) {
        for (const auto& item : node->items)
            read_listen(*item, problems, loaded.listen);
    } else {
        read_listen(*node, problems, loaded.listen);
    }
    loaded.problems = problems.errors();
    return loaded;
}

LoadedConfig load_config(const std::string& path, const LoadContext& context) {
    std::string text;
    if (const auto complaint = read_file(path, text)) {
        LoadedConfig failed;
        failed.problems.push_back({path, 1, 1, "the file " + complaint->what, complaint->expected});
        return failed;
    }
    LoadedConfig loaded = load_config_text(text, path, context);
    wipe(text.data(), text.size());
    return loaded;
}

LoadedConfig load_config_text(std::string_view text, const std::string& file,
                              const LoadContext& context) {
    ProblemList problems(file);
    Draft draft;
    if (const auto document = parse_document(text, problems)) {
        MapReader map(*document, "", "", problems);
        SecretReader secrets(context, problems);
        const Defaults defaults = read_defaults(map);
        read_general(map, context, secrets, draft);
        read_accounts(map, defaults, secrets, draft);
        read_probes(map, defaults, draft);
        validate(draft, problems);
        if (problems.error_count() == 0) check_providers(draft, problems);
    }
    LoadedConfig loaded;
    loaded.problems = problems.errors();
    loaded.warnings = problems.warnings();
    if (loaded.problems.empty()) loaded.masked = masked_yaml(draft);
    loaded.settings = std::move(draft.settings);
    return loaded;
}

}  // namespace mailprobed
