// SPDX-License-Identifier: Apache-2.0
// What the file says is what Settings hold; defaults fill the rest.
#include "tests/support/config_support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mailprobed::test {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

Settings good_settings(std::string_view text, const LoadContext& context = made_up_context()) {
    LoadedConfig loaded = load_config_text(text, "test.yaml", context);
    EXPECT_EQ(messages(loaded.problems), "");
    return std::move(loaded.settings);
}

TEST(ConfigSettings, InstancesOfTheUnitOnOneHostAreDifferentInstances) {
    const auto instance = [](const char* unit) {
        return good_settings(minimal_config(), made_up_context({{"MAILPROBED_INSTANCE", unit}}))
            .instance;
    };
    EXPECT_EQ(instance("qq"), "test-host-qq");
    EXPECT_EQ(instance(""), "test-host");
}

TEST(ConfigSettings, MinimalFileTakesDocumentedDefaults) {
    const Settings settings = good_settings(minimal_config());
    EXPECT_EQ(settings.instance, "test-host");
    EXPECT_EQ(settings.log.format, LogFormat::automatic);
    EXPECT_TRUE(settings.tag_key.empty());
    EXPECT_EQ(settings.state_directory, "/var/lib/mailprobed");
    ASSERT_EQ(settings.accounts.size(), 1u);
    const AccountSettings& account = settings.accounts[0];
    ASSERT_TRUE(account.smtp && account.mailbox);
    EXPECT_EQ(account.smtp->server.port, 465);
    EXPECT_EQ(account.mailbox->server.port, 995);
    EXPECT_EQ(account.smtp->username, "me@example.org");
    EXPECT_EQ(account.mailbox->username, "me@example.org");
    EXPECT_EQ(account.smtp->password, Secret("canary-one"));
    EXPECT_EQ(account.mailbox->password, Secret("canary-two"));
    EXPECT_EQ(account.smtp->timeouts, Timeouts{});
    EXPECT_EQ(account.mailbox->poll, PollSettings{});
    ASSERT_EQ(settings.probes.size(), 1u);
    EXPECT_EQ(settings.probes[0].to_address, "me@example.org");
    EXPECT_EQ(settings.probes[0].interval, 1min);
    EXPECT_FALSE(settings.probes[0].verdict_grace);
}

TEST(ConfigSettings, EveryKeyReachesItsMember) {
    PrivateFolder folder;
    const std::string key = folder.write("key", std::string(32, 'k'));
    const std::string old_key = folder.write("old-key", std::string(33, 'o'));
    const std::string ca = folder.write("ca.pem", "-----BEGIN CERTIFICATE-----\n");
    const Settings s = good_settings(
        "instance: one\n"
        "tag_key: {file: " +
        key + ", previous: {file: " + old_key +
        "}}\n"
        "state_directory: state\n"
        "evidence: 3h\n"
        "history: 4h\n"
        "details: 2h\n"
        "transcripts: false\n"
        "web: {listen: ['[::1]:1', '127.0.0.1:2'], allowed_hosts: [Monitor.example.org, m]}\n"
        "log: {level: trace, format: json}\n"
        "accounts:\n"
        "  - name: a\n"
        "    address: a@example.org\n"
        "    smtp:\n"
        "      {host: SMTP.example.org, port: 2525, tls: none, username: u, password: p, auth: "
        "login,\n"
        "       allow_plaintext_auth: true, ca_file: " +
        ca +
        ", tls_verify: false, ip_family: 4,\n"
        "       source_address: 127.0.0.2, ehlo_name: e.example.org, pipelining: on,\n"
        "       timeouts: {resolve: 1s, connect: 2s, tls: 3s, greeting: 4s, command: 5s, auth: "
        "6s,\n"
        "                  accept: 7s, quit: 8s, total: 9s}}\n"
        "    pop3:\n"
        "      {host: pop.example.org, port: 2110, tls: starttls, username: v, password: q,\n"
        "       auth: apop, allow_plaintext_auth: true, ca_file: " +
        ca +
        ", tls_verify: false,\n"
        "       ip_family: 6, source_address: '::1', pipelining: off, scan_limit: 7, authserv_id: "
        "mx.example.org,\n"
        "       window: {age: 40d, oldest: 9},\n"
        "       poll: {first: 1s, growth: 2.5, max: 2m, max_logins_per_hour: 60},\n"
        "       timeouts: {resolve: 11s, total: 19s}}\n"
        "probes:\n"
        "  - {name: p, from: a, to: a, to_address: alias@example.org, interval: 2s, deadline: 3s,\n"
        "     verdict_grace: 4s, slo_latency: 1s, max_attempts: 1, retry_after: 11s, bounces: "
        "false,\n"
        "     headers: {X-B: b, X-A: a}, labels: {team: t}}\n");
    EXPECT_EQ(s.instance, "one");
    EXPECT_EQ(s.tag_key, Secret(std::string(32, 'k')));
    EXPECT_EQ(s.state_directory, "state");
    EXPECT_EQ(s.previous_tag_key, Secret(std::string(33, 'o')));
    EXPECT_EQ(s.evidence, 3h);
    EXPECT_EQ(s.history, 4h);
    EXPECT_EQ(s.details, 2h);
    EXPECT_FALSE(s.transcripts);
    EXPECT_EQ(s.web.listen, (std::vector<std::string>{"[::1]:1", "127.0.0.1:2"}));
    EXPECT_EQ(s.web.allowed_hosts, (std::vector<std::string>{"Monitor.example.org", "m"}));
    EXPECT_EQ(s.log, (LogSettings{LogLevel::trace, LogFormat::json}));

    SmtpSettings smtp;
    smtp.server = {"smtp.example.org", 2525, TlsMode::none, ca, false, IpFamily::v4, "127.0.0.2"};
    smtp.username = "u";
    smtp.password = Secret("p");
    smtp.auth = SmtpAuth::login;
    smtp.allow_plaintext_auth = true;
    smtp.ehlo_name = "e.example.org";
    smtp.pipelining = true;
    smtp.timeouts = {1s, 2s, 3s, 4s, 5s, 6s, 7s, 8s, 9s};
    EXPECT_EQ(s.accounts.at(0).smtp, smtp);

    MailboxSettings pop3;
    pop3.server = {"pop.example.org", 2110, TlsMode::starttls, ca, false, IpFamily::v6, "::1"};
    pop3.username = "v";
    pop3.password = Secret("q");
    pop3.auth = Pop3Auth::apop;
    pop3.allow_plaintext_auth = true;
    pop3.pipelining = false;
    pop3.scan_limit = 7;
    pop3.authserv_id = "mx.example.org";
    pop3.window = {std::chrono::days{40}, 9};
    pop3.poll = {1s, 2.5, 2min, 60};
    pop3.timeouts.resolve = 11s;
    pop3.timeouts.total = 19s;
    EXPECT_EQ(s.accounts.at(0).mailbox, pop3);

    ProbeSettings probe;
    probe.name = "p";
    probe.from = "a";
    probe.to = "a";
    probe.to_address = "alias@example.org";
    probe.interval = 2s;
    probe.deadline = 3s;
    probe.verdict_grace = 4s;
    probe.slo_latency = 1s;
    probe.max_attempts = 1;
    probe.retry_after = 11s;
    probe.bounces = false;
    probe.headers = {{"X-B", "b"}, {"X-A", "a"}};
    probe.labels = {{"team", "t"}};
    EXPECT_EQ(s.probes.at(0), probe);
}

TEST(ConfigSettings, DefaultsReachBothHalvesAndProbesWhereverTheyStand) {
    const Settings s = good_settings(
        minimal_config() +
        "defaults: {interval: 7s, deadline: 40s, verdict_grace: 9s, slo_latency: 20s,\n"
        "  max_attempts: 3, retry_after: 10s, bounces: false,\n"
        "  tls: starttls, timeouts: {connect: 3s}, poll: {max: 9s}}\n");
    const AccountSettings& account = s.accounts.at(0);
    EXPECT_EQ(account.smtp->server.tls, TlsMode::starttls);
    EXPECT_EQ(account.smtp->server.port, 587);
    EXPECT_EQ(account.mailbox->server.port, 110);
    EXPECT_EQ(account.smtp->timeouts.connect, 3s);
    EXPECT_EQ(account.mailbox->timeouts.connect, 3s);
    EXPECT_EQ(account.smtp->timeouts.total, Timeouts{}.total);
    EXPECT_EQ(account.mailbox->poll.max, 9s);
    EXPECT_EQ(account.mailbox->poll.first, PollSettings{}.first);
    EXPECT_EQ(s.probes.at(0).interval, 7s);
    EXPECT_EQ(s.probes.at(0).deadline, 40s);
    EXPECT_EQ(s.probes.at(0).verdict_grace, 9s);
    EXPECT_EQ(s.probes.at(0).slo_latency, 20s);
    EXPECT_EQ(s.probes.at(0).max_attempts, 3U);
    EXPECT_EQ(s.probes.at(0).retry_after, 10s);
    EXPECT_FALSE(s.probes.at(0).bounces);
}

TEST(ConfigSettings, PortsFollowFromTls) {
    const std::string text =
        replaced(replaced(minimal_config(), "{host: smtp.example.org,",
                          "{host: smtp.example.org, tls: none, allow_plaintext_auth: true,"),
                 "{host: pop.example.org,",
                 "{host: pop.example.org, tls: none, allow_plaintext_auth: true,");
    const Settings s = good_settings(text);
    EXPECT_EQ(s.accounts.at(0).smtp->server.port, 25);
    EXPECT_EQ(s.accounts.at(0).mailbox->server.port, 110);
}

TEST(ConfigSettings, InheritedSloNeverExceedsTheDeadline) {
    const std::string text = replaced(minimal_config(), "to: me}", "to: me, deadline: 10s}");
    EXPECT_EQ(good_settings(text).probes.at(0).slo_latency, 10s);
    const std::string own =
        replaced(minimal_config(), "to: me}", "to: me, deadline: 10s, slo_latency: 11s}");
    EXPECT_THAT(messages(load_text(own).problems), HasSubstr("`slo_latency` of probe 'round'"));
}

TEST(ConfigSettings, ASecondAttemptMustFitBeforeTheDeadline) {
    const auto with = [](const char* keys) {
        return messages(
            load_text(replaced(minimal_config(), "to: me}", std::string("to: me, ") + keys + "}"))
                .problems);
    };
    EXPECT_EQ(with("max_attempts: 2, retry_after: 299s"), "");
    EXPECT_EQ(with("max_attempts: 1, retry_after: 6h"), "") << "nothing to retry";
    EXPECT_THAT(with("max_attempts: 2, retry_after: 5m"), HasSubstr("`retry_after` of probe"));
    EXPECT_THAT(with("max_attempts: 2"), HasSubstr("`max_attempts` of probe"));
}

TEST(ConfigSettings, BouncesAreLookedForOnlyWhereTheSenderCanBeRead) {
    const std::string text = replaced(minimal_config(), "probes:",
                                      "  - name: relay\n"
                                      "    address: relay@example.org\n"
                                      "    smtp: {host: r, auth: none}\n"
                                      "probes:\n"
                                      "  - {name: sent-only, from: relay, to: me}");
    const Settings s = good_settings(text);
    EXPECT_FALSE(s.probes.at(0).bounces);
    EXPECT_TRUE(s.probes.at(1).bounces);
    EXPECT_EQ(messages(load_text(text + "defaults: {bounces: true}\n").problems), "")
        << "a default asks nobody in particular";
    EXPECT_THAT(messages(load_text(replaced(text, "from: relay, to: me}",
                                            "from: relay, to: me, bounces: true}"))
                             .problems),
                HasSubstr("`bounces` of probe 'sent-only'"));
}

TEST(ConfigSettings, StateDirectoryComesFromTheServiceManager) {
    const auto load = [](const char* value) {
        return good_settings(minimal_config(), made_up_context({{"STATE_DIRECTORY", value}}))
            .state_directory;
    };
    EXPECT_EQ(load("/var/lib/other"), "/var/lib/other");
    EXPECT_EQ(load("/var/lib/one:/var/lib/two"), "/var/lib/one");
    EXPECT_EQ(load(""), "/var/lib/mailprobed");
}

TEST(ConfigSettings, ChallengeLoginsAndNoLoginNeedNoTls) {
    const char* text =
        "accounts:\n"
        "  - name: a\n"
        "    address: a@example.org\n"
        "    smtp: {host: h, tls: none, auth: none}\n"
        "  - name: b\n"
        "    address: b@example.org\n"
        "    smtp: {host: h, tls: none, auth: cram-md5, password: x}\n"
        "    pop3: {host: h, tls: none, auth: apop, password: x}\n"
        "probes: [{name: p, from: a, to: b}]\n";
    const Settings s = good_settings(text);
    EXPECT_EQ(s.accounts.at(0).smtp->username, "");
    EXPECT_TRUE(s.accounts.at(0).smtp->password.empty());
}

TEST(ConfigSettings, PlaintextLoginWithoutTlsNamesTheKeyThatAllowsIt) {
    for (const char* auth : {"auto", "plain", "login"}) {
        const std::string text =
            replaced(minimal_config(), "{host: smtp.example.org,",
                     std::string("{host: smtp.example.org, tls: none, auth: ") + auth + ",");
        EXPECT_THAT(messages(load_text(text).problems), HasSubstr("`allow_plaintext_auth: true`"));
    }
    for (const char* auth : {"auto", "plain", "user-pass"}) {
        const std::string text =
            replaced(minimal_config(), "{host: pop.example.org,",
                     std::string("{host: pop.example.org, tls: none, auth: ") + auth + ",");
        EXPECT_THAT(messages(load_text(text).problems), HasSubstr("`allow_plaintext_auth: true`"));
    }
}

TEST(ConfigSettings, AccountsMayShareAMailboxIfTheyAgree) {
    const std::string second =
        "  - name: alias\n"
        "    address: alias@example.org\n"
        "    pop3: {host: POP.example.org, username: me@example.org, password: PW}\n"
        "probes:";
    const auto with = [&](const char* password) {
        return replaced(minimal_config(), "probes:", replaced(second, "PW", password));
    };
    EXPECT_EQ(messages(load_text(with("canary-two")).problems), "");
    EXPECT_THAT(messages(load_text(with("other")).problems), HasSubstr("differ in `password`"));
    EXPECT_THAT(messages(load_text(with("canary-two, poll: {first: 1s}")).problems),
                HasSubstr("differ in `poll`"));
    EXPECT_THAT(messages(load_text(with("canary-two, authserv_id: mx")).problems),
                HasSubstr("differ in `authserv_id`"));
    EXPECT_THAT(messages(load_text(with("canary-two, window: {age: 30d}")).problems),
                HasSubstr("differ in `window`"));
    // With TLS it changes nothing about reading.
    EXPECT_EQ(messages(load_text(with("canary-two, allow_plaintext_auth: true")).problems), "");
    // Another port is another mailbox.
    EXPECT_EQ(messages(load_text(with("other, port: 1995")).problems), "");
}

}  // namespace
}  // namespace mailprobed::test
