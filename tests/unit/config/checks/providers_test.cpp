// SPDX-License-Identifier: Apache-2.0
// Known providers: the table, the page that shows it, and the warnings that it leads to.
#include "config/checks/providers.hpp"

#include "config/load/durations.hpp"
#include "tests/support/config_support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <sstream>

namespace mailprobed::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string shown(const ProviderLimit& limit) {
    if (limit.most == 0) return "-";
    return std::to_string(limit.most) + " (" + std::string(basis_word(limit.basis)) + ")";
}

/// A row as the page must have it, up to its sources.
std::string row_of(const Provider& provider) {
    std::string servers;
    for (const std::string_view domain : provider.domains)
        servers += (servers.empty() ? "`" : ", `") + std::string(domain) + "`";
    const std::string gap = provider.least_gap == Duration::zero()
                                ? "-"
                                : format_duration(provider.least_gap) + " (" +
                                      std::string(basis_word(provider.logins_per_hour.basis)) + ")";
    return "| " + std::string(provider.name) + " | " + servers + " | " +
           shown(provider.logins_per_hour) + " | " + gap + " | " +
           shown(provider.mails_per_minute) + " | " + shown(provider.mails_per_hour) + " | " +
           shown(provider.mails_per_day) + " | " +
           (provider.window == ListWindow{} ? "-" : "`" + window_text(provider.window) + "`") +
           " | ";
}

/// An account at `host` that writes to itself; the rest as given.
std::string config_at(const std::string& host, const std::string& poll, const std::string& interval,
                      const std::string& window = ", window: {}") {
    return "accounts:\n"
           "  - name: me\n"
           "    address: me@example.org\n"
           "    smtp: {host: " +
           host + ", password: {env: PW}}\n    pop3: {host: " + host + ", password: {env: PW}" +
           window + ", poll: {" + poll +
           "}}\n"
           "probes:\n"
           "  - {name: round, from: me, to: me, interval: " +
           interval + "}\n";
}

std::string warnings(const std::string& text) {
    const LoadedConfig loaded = load_config_text(text, "test.yaml", made_up_context({{"PW", "x"}}));
    EXPECT_EQ(messages(loaded.problems), "");
    return messages(loaded.warnings);
}

TEST(ConfigProviders, ThePageHasExactlyTheTableAndASourceForEachRow) {
    std::vector<std::string> page;
    bool in_table = false;
    std::istringstream stream(file_content(source_file("config/README.md")));
    for (std::string line; std::getline(stream, line);) {
        if (!line.starts_with("|")) in_table = false;
        if (in_table && !line.starts_with("|---")) page.push_back(line);
        if (line.starts_with("| provider |")) in_table = true;
    }
    ASSERT_EQ(page.size(), providers().size());
    for (std::size_t i = 0; i < page.size(); ++i) {
        const std::string row = row_of(providers()[i]);
        EXPECT_TRUE(page[i].starts_with(row)) << page[i] << "\nexpected\n" << row;
        EXPECT_THAT(page[i].substr(std::min(row.size(), page[i].size())), HasSubstr("<http"));
    }
}

TEST(ConfigProviders, AHostBelongsToAProviderByWholeLabelsOnly) {
    EXPECT_EQ(provider_of("qq.com")->name, "QQ Mail");
    EXPECT_EQ(provider_of("pop.exmail.qq.com")->name, "QQ Mail");
    EXPECT_EQ(provider_of("smtp.126.com")->name, "NetEase (163, 126)");
    EXPECT_EQ(provider_of("outlook.office365.com")->name, "Office 365");
    for (const char* host : {"notqq.com", "qq.com.example.org", "com", "", "pop.example.org"}) {
        EXPECT_EQ(provider_of(host), nullptr) << host;
    }
}

TEST(ConfigProviders, NobodyIsWarnedAboutUnknownProviders) {
    EXPECT_EQ(warnings(config_at("mail.example.org", "first: 50ms, growth: 1.05", "1s")), "");
}

TEST(ConfigProviders, AWarningNamesProviderScheduleLimitAndKey) {
    const std::string text = warnings(config_at("pop.qq.com", "", "30s"));
    EXPECT_THAT(text, HasSubstr("`smtp` of account 'me' would send up to 120 mails an hour"));
    EXPECT_THAT(text, HasSubstr("QQ Mail keeps its limit secret, 60 would be careful"));
    EXPECT_THAT(text, HasSubstr("expected `interval` of at least 1m in probe 'round'"));
    EXPECT_THAT(text, HasSubstr("`pop3` of account 'me' would be logged in to up to "));
    EXPECT_THAT(text, HasSubstr("expected `poll.max_logins_per_hour: 60`"));
}

TEST(ConfigProviders, DoingWhatAWarningSaysEndsIt) {
    for (const Provider& provider : providers()) {
        const std::string host = "mail." + std::string(provider.domains.front());
        const std::string before = warnings(config_at(host, "", "1s"));
        EXPECT_THAT(before, HasSubstr(std::string(provider.name)));
        std::string interval = "1m";
        constexpr std::string_view kInterval = "`interval` of at least ";
        if (const std::size_t at = before.find(kInterval); at != std::string::npos) {
            const std::size_t begin = at + kInterval.size();
            interval = before.substr(begin, before.find(' ', begin) - begin);
        }
        std::string poll = "max_logins_per_hour: " + std::to_string(provider.logins_per_hour.most);
        if (provider.least_gap > Duration::zero()) {
            const std::string gap = format_duration(provider.least_gap);
            EXPECT_THAT(before, HasSubstr("`poll.first: " + gap + "`"));
            poll += ", first: " + gap + ", max: " + gap;
        }
        EXPECT_EQ(warnings(config_at(host, poll, interval)), "") << host << " " << poll;
    }
}

TEST(ConfigProviders, AKnownWindowThatIsNotConfiguredIsWarnedOfUntilItIsSaidEitherWay) {
    const std::string poll = "first: 15m, max: 15m, max_logins_per_hour: 4";
    std::size_t windows = 0;
    for (const Provider& provider : providers()) {
        const std::string host = "pop." + std::string(provider.domains.front());
        const std::string told = warnings(config_at(host, poll, "1h", ""));
        if (provider.window == ListWindow{}) {
            EXPECT_EQ(told, "") << host;
            continue;
        }
        ++windows;
        EXPECT_THAT(told, HasSubstr("`pop3` of account 'me' has no `window`; " +
                                    std::string(provider.name) + " lists no more than the "));
        EXPECT_THAT(told, HasSubstr("`window: " + window_text(provider.window) + "`"));
        const std::string known = ", window: " + window_text(provider.window);
        EXPECT_EQ(warnings(config_at(host, poll, "1h", known)), "") << host;
        EXPECT_EQ(warnings(config_at(host, poll, "1h", ", window: {}")), "") << host;
    }
    EXPECT_EQ(windows, 2U);
}

TEST(ConfigProviders, ProbesOfOneAccountAddUp) {
    const std::string one = config_at("smtp.qq.com", "max_logins_per_hour: 60", "1m");
    EXPECT_EQ(warnings(one), "");
    const std::string two = one + "  - {name: second, from: me, to: me, interval: 1m}\n";
    EXPECT_THAT(warnings(two), HasSubstr("up to 120 mails an hour"));
    EXPECT_THAT(warnings(two), HasSubstr("2m in each of the probes 'round', 'second'"));
}

TEST(ConfigProviders, BouncesCountAsLoginsOfTheSender) {
    const auto text = [](const char* bounces) {
        return std::string(
                   "accounts:\n"
                   "  - name: from\n    address: a@example.org\n"
                   "    smtp: {host: mail.example.org, password: {env: PW}}\n"
                   "    pop3: {host: pop.gmail.com, password: {env: PW}, window: {}}\n"
                   "  - name: to\n    address: b@example.org\n"
                   "    pop3: {host: pop.example.org, password: {env: PW}}\n"
                   "probes:\n"
                   "  - {name: p, from: from, to: to, interval: 5m, bounces: ") +
               bounces + "}\n";
    };
    EXPECT_THAT(warnings(text("true")), HasSubstr("up to 36 times an hour; Gmail allows 12"));
    EXPECT_EQ(warnings(text("false")), "");
}

TEST(ConfigProviders, TenThousandProbesAtOneProviderAreJudgedQuickly) {
    std::string text = config_at("pop.gmail.com", "", "1s");
    for (int i = 0; i < 10'000; ++i) {
        text += "  - {name: p" + std::to_string(i) + ", from: me, to: me, interval: 1s}\n";
    }
    const auto start = std::chrono::steady_clock::now();
    const std::string told = warnings(text);
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds{30});
    EXPECT_THAT(told, HasSubstr("would be logged in to more than"));
    EXPECT_THAT(told, HasSubstr("'round', 'p0', 'p1', ..."));
}

}  // namespace
}  // namespace mailprobed::test
