// SPDX-License-Identifier: Apache-2.0
// A hung name, a stalled handshake and a dripping server bother nobody but their own probes.
#include "tests/e2e/monitor/hanging_names.hpp"
#include "tests/e2e/monitor/monitor_run.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace mailprobed::test {
namespace {

using loopback::parse_fault;
using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(Isolation, BrokenServersDoNotDelayTheTicksOfOtherProbes) {
    const std::vector<std::string> healthy{"h1", "h2", "h3", "h4", "h5", "h6"};
    std::vector<std::string> users = healthy;
    users.insert(users.end(), {"hung", "stalled", "dripping"});
    loopback::Options options;
    options.accounts = accounts_for(users);
    loopback::Server server(options);
    server.start();
    server.add_fault(parse_fault("smtp tls stall peer=127.0.5.1"));
    server.add_fault(parse_fault("smtp greeting drip for=1s peer=127.0.5.2"));

    Settings settings = settings_for(server, users);
    for (ProbeSettings& probe : settings.probes)
        probe.interval = milliseconds{500};
    const auto smtp_of = [&](const std::string& user) -> SmtpSettings& {
        for (AccountSettings& account : settings.accounts) {
            if (account.name == user) return *account.smtp;
        }
        throw std::logic_error("no such user");
    };
    smtp_of("hung").server.host = "hung.invalid";
    SmtpSettings& stalled = smtp_of("stalled");
    stalled.server.port = server.ports().smtps;
    stalled.server.tls = TlsMode::implicit;
    stalled.server.ca_file = server.ca_file();
    stalled.server.source_address = "127.0.5.1";
    smtp_of("dripping").server.source_address = "127.0.5.2";

    HangingNames names;
    Recorder recorder;
    MonitorThread monitor(settings, recorder, names);
    // 30 s of it: 60 ticks of each probe.
    const bool lived = recorder.wait(
        [&](const Recorder& r) {
            return std::ranges::all_of(users, [&](const std::string& user) {
                const auto found = r.started.find(user);
                return found != r.started.end() && found->second >= 60;
            });
        },
        seconds{60});
    names.release();
    monitor.stop();
    ASSERT_TRUE(lived) << "every probe ticks, the broken ones too";
    for (const std::string& user : healthy) {
        EXPECT_LT(recorder.worst_lag[user], seconds{1}) << user;
        EXPECT_EQ(recorder.missed[user], 0U) << user;
        EXPECT_GE(recorder.count(user, Verdict::delivered), 50) << user;
    }
    const auto failed_as = [&](const std::string& user, Stage stage, Cause cause) {
        const StageCause pair{stage, cause};
        return std::ranges::count_if(recorder.verdicts, [&](const RecordedVerdict& v) {
            return v.probe == user && v.fact.failure == pair;
        });
    };
    EXPECT_GT(failed_as("hung", Stage::resolve, Cause::timeout), 10);
    EXPECT_GT(failed_as("stalled", Stage::tls, Cause::timeout), 10);
    EXPECT_GT(failed_as("dripping", Stage::greeting, Cause::timeout), 10);
    EXPECT_TRUE(recorder.internal_errors.empty());
}

}  // namespace
}  // namespace mailprobed::test
