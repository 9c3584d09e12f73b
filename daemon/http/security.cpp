// SPDX-License-Identifier: Apache-2.0
// Certificates are renewed by other programs, which tell nobody: looking is cheap.
#include "daemon/http/security.hpp"

#include "daemon/http/tls.hpp"

#include <algorithm>
#include <sys/stat.h>
#include <utility>

namespace mailprobed {

namespace {

struct Loaded {
    std::shared_ptr<const WebSecurity> security;
    std::vector<ConfigProblem> problems;
    std::vector<ConfigProblem> warnings;
};

std::vector<std::string> named_files(const WebConfig& config) {
    std::vector<std::string> result;
    if (!config.tls) return result;
    for (const PemSource* source : {&config.tls->cert, &config.tls->key, &config.tls->client_ca}) {
        if (!source->path.empty()) result.push_back(source->path);
    }
    return result;
}

Loaded finished(LoadedWebConfig read, const std::string& path) {
    Loaded result;
    result.problems = std::move(read.problems);
    result.warnings = std::move(read.warnings);
    if (!result.problems.empty()) return result;
    auto security = std::make_shared<WebSecurity>();
    security->config = std::move(read.config);
    if (security->config.tls) {
        ServerTls tls = make_server_tls(*security->config.tls, path);
        result.problems = std::move(tls.problems);
        security->tls = std::move(tls.context);
    }
    if (result.problems.empty()) result.security = std::move(security);
    return result;
}

std::int64_t nanoseconds(const timespec& time) {
    return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

}  // namespace

WebSecurityFile::WebSecurityFile(std::string path, Told told)
    : path_(std::move(path)), told_(std::move(told)), current_(std::make_shared<WebSecurity>()) {
    if (path_.empty()) return;
    std::string text;
    for (const ConfigProblem& problem : load())
        text += (text.empty() ? "" : "\n") + problem.text();
    if (!text.empty()) throw WebConfigError(text);
}

WebSecurityFile::Stamp WebSecurityFile::stamp_of(const std::string& path) {
    struct stat facts{};
    if (::stat(path.c_str(), &facts) != 0) return {};
    return {facts.st_dev, facts.st_ino, facts.st_size, nanoseconds(facts.st_mtim),
            nanoseconds(facts.st_ctim)};
}

/// Takes the files as they are now, or tells what is wrong with them.
std::vector<ConfigProblem> WebSecurityFile::load() {
    // Stamps are older than what is read: a change in between is seen the next time.
    if (watched_.empty()) watched_.push_back({path_, {}});
    for (Watched& one : watched_)
        one.stamp = stamp_of(one.path);
    LoadedWebConfig read = load_web_config(path_);
    if (read.problems.empty()) {
        watched_.resize(1);
        for (std::string& file : named_files(read.config)) {
            const Stamp its = stamp_of(file);
            watched_.push_back({std::move(file), its});
        }
    }
    Loaded loaded = finished(std::move(read), path_);
    if (loaded.security) current_ = std::move(loaded.security);
    return std::move(loaded.problems);
}

const std::shared_ptr<const WebSecurity>& WebSecurityFile::current() {
    const bool changed = std::ranges::any_of(
        watched_, [](const Watched& one) { return stamp_of(one.path) != one.stamp; });
    if (changed) {
        const std::vector<ConfigProblem> problems = load();
        if (told_) told_(problems);
    }
    return current_;
}

std::vector<ConfigProblem> check_web_config(const std::string& path,
                                            std::vector<ConfigProblem>& warnings) {
    Loaded loaded = finished(load_web_config(path), path);
    warnings.insert(warnings.end(), loaded.warnings.begin(), loaded.warnings.end());
    return std::move(loaded.problems);
}

}  // namespace mailprobed
