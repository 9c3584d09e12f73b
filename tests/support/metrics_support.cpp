// SPDX-License-Identifier: Apache-2.0
// A small reader of the text format 0.0.4.
#include "tests/support/metrics_support.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <limits>
#include <sstream>

namespace mailprobed::daemon_test {

namespace {

bool has_labels(const Sample& sample, const std::map<std::string, std::string>& labels) {
    return std::ranges::all_of(labels, [&sample](const auto& label) {
        const auto found = sample.labels.find(label.first);
        return found != sample.labels.end() && found->second == label.second;
    });
}

/// Reads `name="value"` from the front of `rest`.
void take_label(std::string& rest, Sample& sample) {
    const std::size_t equals = rest.find("=\"");
    ASSERT_NE(equals, std::string::npos) << rest;
    const std::string name = rest.substr(0, equals);
    std::string value;
    std::size_t i = equals + 2;
    for (; i < rest.size() && rest[i] != '"'; ++i) {
        if (rest[i] != '\\') {
            value += rest[i];
            continue;
        }
        ++i;
        ASSERT_LT(i, rest.size());
        value += rest[i] == 'n' ? '\n' : rest[i];
    }
    ASSERT_LT(i, rest.size()) << "unterminated label value";
    ASSERT_TRUE(sample.labels.emplace(name, value).second) << "label twice: " << name;
    rest.erase(0, i + 1);
    if (rest.starts_with(',')) rest.erase(0, 1);
}

Sample parse_sample(const std::string& line) {
    Sample sample;
    const std::size_t end = line.find_first_of("{ ");
    sample.name = line.substr(0, end);
    std::string rest = line.substr(end);
    if (rest.starts_with('{')) {
        rest.erase(0, 1);
        while (!rest.empty() && !rest.starts_with('}') && !testing::Test::HasFatalFailure()) {
            take_label(rest, sample);
        }
        rest.erase(0, 1);
    }
    std::size_t used = 0;
    sample.value = std::stod(rest, &used);
    EXPECT_EQ(used, rest.size()) << line;
    return sample;
}

}  // namespace

double Exposition::value(const std::string& name,
                         const std::map<std::string, std::string>& labels) const {
    double result = std::numeric_limits<double>::quiet_NaN();
    std::size_t found = 0;
    for (const Sample& sample : samples) {
        if (sample.name != name || !has_labels(sample, labels)) continue;
        result = sample.value;
        ++found;
    }
    EXPECT_EQ(found, 1U) << name;
    return result;
}

std::size_t Exposition::count(const std::string& name,
                              const std::map<std::string, std::string>& labels) const {
    return static_cast<std::size_t>(std::ranges::count_if(samples, [&](const Sample& sample) {
        return (name.empty() || sample.name == name) && has_labels(sample, labels);
    }));
}

std::string Exposition::family(const Sample& sample) const {
    for (const std::string suffix : {"_bucket", "_sum", "_count"}) {
        if (!sample.name.ends_with(suffix)) continue;
        const std::string stem = sample.name.substr(0, sample.name.size() - suffix.size());
        if (types.contains(stem)) return stem;
    }
    return sample.name;
}

Exposition parse_exposition(const std::string& text) {
    Exposition result;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("# HELP ")) continue;
        if (line.starts_with("# TYPE ")) {
            std::istringstream words(line.substr(7));
            std::string name;
            std::string type;
            words >> name >> type;
            EXPECT_TRUE(result.types.emplace(name, type).second) << "family twice: " << name;
            continue;
        }
        EXPECT_FALSE(line.empty() || line.starts_with('#')) << line;
        result.samples.push_back(parse_sample(line));
    }
    return result;
}

Settings one_probe(TlsMode mode) {
    AccountSettings account;
    account.name = "a";
    account.address = "a@example.org";
    account.smtp.emplace();
    account.smtp->server.host = "mail.example.org";
    account.smtp->server.port = 587;
    account.smtp->server.tls = mode;
    account.mailbox.emplace();
    account.mailbox->server.host = "mail.example.org";
    account.mailbox->server.port = 110;
    account.mailbox->server.tls = mode;
    account.mailbox->username = "a";
    // All that makes further series is on.
    account.mailbox->authserv_id = "mx.example.org";
    account.mailbox->poll.logins_per_hour = 60;
    ProbeSettings probe;
    probe.name = "p";
    probe.from = "a";
    probe.to = "a";
    probe.max_attempts = 2;
    Settings settings;
    settings.accounts.push_back(account);
    settings.probes.push_back(probe);
    return settings;
}

}  // namespace mailprobed::daemon_test
