// SPDX-License-Identifier: Apache-2.0
// Settings of the soak and of its server.
#include "tests/campaigns/torture/soak_scene.hpp"

#include <chrono>
#include <utility>

namespace mailprobed::soak {

using std::chrono::milliseconds;
using std::chrono::seconds;

std::vector<std::string> users_for(std::size_t count) {
    std::vector<std::string> users;
    for (std::size_t i = 0; i < count; ++i)
        users.push_back("u" + std::to_string(i));
    return users;
}

loopback::Options server_options(const std::vector<std::string>& users) {
    loopback::Options options;
    for (const std::string& user : users)
        options.accounts.push_back({user + "@test.invalid", user, "pw-" + user, {}});
    options.delay = loopback::DelayModel::uniform(milliseconds{20}, milliseconds{200});
    options.log.level = loopback::LogLevel::none;
    options.log.keep = false;
    options.seed = 7;
    return options;
}

void throw_dice(loopback::Server& server) {
    for (const Die& die : kDice) {
        loopback::Fault fault = loopback::parse_fault(die.rule);
        fault.name = die.name;
        server.add_fault(std::move(fault));
    }
}

Settings settings_for(const loopback::Server& server, const std::vector<std::string>& users,
                      Duration interval, const std::string& state) {
    Settings settings;
    settings.instance = "soak";
    settings.tag_key = Secret(std::string(32, 'k'));
    settings.state_directory = state;
    settings.evidence = kEvidence;
    settings.auth_backoff = Duration::zero();
    for (const std::string& user : users) {
        AccountSettings account;
        account.name = user;
        account.address = user + "@test.invalid";
        SmtpSettings& smtp = account.smtp.emplace();
        smtp.server.host = "127.0.0.1";
        smtp.server.port = server.ports().smtp;
        smtp.server.tls = TlsMode::none;
        smtp.username = user;
        smtp.password = Secret("pw-" + user);
        smtp.allow_plaintext_auth = true;
        MailboxSettings& pop3 = account.mailbox.emplace();
        pop3.server = smtp.server;
        pop3.server.port = server.ports().pop3;
        pop3.username = user;
        pop3.password = smtp.password;
        pop3.allow_plaintext_auth = true;
        pop3.poll.first = milliseconds{250};
        pop3.poll.max = seconds{1};
        pop3.timeouts.total = kLongestLook;
        settings.accounts.push_back(std::move(account));
        ProbeSettings probe;
        probe.name = probe.from = probe.to = user;
        probe.to_address = user + "@test.invalid";
        probe.interval = interval;
        probe.deadline = kDeadline;
        probe.verdict_grace = kGrace;
        probe.max_attempts = 2;
        probe.retry_after = seconds{1};
        settings.probes.push_back(std::move(probe));
    }
    return settings;
}

}  // namespace mailprobed::soak
