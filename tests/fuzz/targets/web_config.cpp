// SPDX-License-Identifier: Apache-2.0
// Fuzz target: the file of --web.config.file. The reader opens none of the files that it names.
#include "config/web/web_config.hpp"

#include "tests/fuzz/support/fuzz.hpp"

#include <string>
#include <vector>

namespace mailprobed::fuzz {
namespace {

void check_messages(const std::vector<ConfigProblem>& problems,
                    const std::vector<std::string_view>& secrets) {
    for (const ConfigProblem& problem : problems) {
        const std::string text = problem.text();
        require(text.starts_with("x.yml:") && problem.line > 0 && problem.column > 0,
                "a message has a place");
        require(text.find('\n') == std::string::npos, "a message is one line");
        for (const std::string_view secret : secrets)
            require(text.find(secret) == std::string::npos, "a message holds no hash and no key");
    }
}

void check(const WebConfig& config) {
    for (const WebUser& user : config.users) {
        require(user.hash.reveal().size() == 60 && user.cost >= kLeastBcryptCost &&
                    user.cost <= kMostBcryptCost,
                "a user has a hash that can be checked in time");
        require(!user.name.empty() && user.name.find(':') == std::string::npos,
                "a user can log in under his name");
    }
    for (const auto& [name, value] : config.headers)
        require(value.find_first_of("\r\n") == std::string::npos, "a header is one line");
    if (!config.tls) return;
    require(!config.tls->cert.empty() && !config.tls->key.empty(),
            "TLS has a certificate and a key");
    require(config.tls->min_version <= config.tls->max_version, "some version can be spoken");
    const bool verifies = config.tls->client_auth == ClientAuth::require ||
                          config.tls->client_auth == ClientAuth::verify_if_given;
    require(!verifies || !config.tls->client_ca.empty(), "what is verified has an authority");
}

}  // namespace
}  // namespace mailprobed::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace mailprobed;
    using namespace mailprobed::fuzz;
    const std::string_view text = as_text(data, size);
    const LoadedWebConfig loaded = load_web_config_text(text, "x.yml");
    std::vector<std::string_view> secrets;
    for (const WebUser& user : loaded.config.users) {
        const std::string_view hash = user.hash.reveal();
        // What also stands elsewhere, as a name or a key, may be repeated from there.
        if (text.find(hash) == text.rfind(hash)) secrets.push_back(hash);
    }
    check_messages(loaded.problems, secrets);
    check_messages(loaded.warnings, secrets);
    if (loaded.problems.empty()) check(loaded.config);
    return 0;
}
