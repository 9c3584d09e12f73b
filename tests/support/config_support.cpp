// SPDX-License-Identifier: Apache-2.0
// Helpers of the configuration tests.
#include "tests/support/config_support.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <utility>

namespace mailprobed::test {

std::string minimal_config() {
    return "accounts:\n"
           "  - name: me\n"
           "    address: me@example.org\n"
           "    smtp: {host: smtp.example.org, password: canary-one}\n"
           "    pop3: {host: pop.example.org, password: canary-two}\n"
           "probes:\n"
           "  - {name: round, from: me, to: me}\n";
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    EXPECT_EQ(text.find(from, at + 1), std::string::npos) << from;
    if (at != std::string::npos) text.replace(at, from.size(), to);
    return text;
}

LoadContext made_up_context(std::map<std::string, std::string> environment) {
    LoadContext context;
    context.hostname = "test-host";
    context.environment = [variables = std::move(environment)](
                              const std::string& name) -> std::optional<std::string> {
        const auto found = variables.find(name);
        if (found == variables.end()) return std::nullopt;
        return found->second;
    };
    return context;
}

LoadedConfig load_text(std::string_view text) {
    return load_config_text(text, "test.yaml", made_up_context());
}

std::string messages(const std::vector<ConfigProblem>& problems) {
    std::string result;
    for (const ConfigProblem& problem : problems)
        result += problem.text() + "\n";
    return result;
}

std::string leaked(const std::string& text) {
    // As many characters in a row are a leak.
    constexpr std::size_t kPlain = 6;
    constexpr std::size_t kBase64 = 10;
    for (const auto& [secret, size] : {std::pair(kSecret, kPlain),
                                       {kSaslPlain, kBase64},
                                       {kSaslLogin, kBase64},
                                       {kBasic, kBase64}}) {
        for (std::size_t at = 0; at + size <= secret.size(); ++at) {
            if (text.find(secret.substr(at, size)) != std::string::npos) return text;
        }
    }
    return "";
}

std::string told(const std::string& text) {
    const LoadedConfig loaded =
        load_config_text(text, "f.yaml", made_up_context({{"PW", "of-the-environment"}}));
    return messages(loaded.problems) + messages(loaded.warnings) + loaded.masked;
}

std::string file_content(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    EXPECT_TRUE(file) << path;
    return {std::istreambuf_iterator<char>(file), {}};
}

std::filesystem::path source_file(const std::string& path) {
    return std::filesystem::path(MAILPROBED_SOURCE_DIR) / path;
}

PrivateFolder::PrivateFolder() {
    std::string name =
        (std::filesystem::temp_directory_path() / "mailprobed-config-XXXXXX").string();
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    path_ = name;
}

PrivateFolder::~PrivateFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

std::string PrivateFolder::write(const std::string& name, std::string_view content, unsigned mode) {
    const std::filesystem::path file = path_ / name;
    std::ofstream(file, std::ios::binary) << content;
    std::filesystem::permissions(file, static_cast<std::filesystem::perms>(mode));
    return file.string();
}

std::string with_password(const std::string& password) {
    return "instance: t\naccounts:\n  - name: a\n    address: a@x.test\n    smtp:\n      host: "
           "h.test\n"
           "      password: " +
           password +
           "\n      port: 25\n      tls: none\n      allow_plaintext_auth: true\n"
           "probes:\n  - {name: p, from: a, to: a}\n";
}

}  // namespace mailprobed::test
