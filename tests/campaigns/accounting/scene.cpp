// SPDX-License-Identifier: Apache-2.0
// Times are chosen so that what takes milliseconds has seconds, even on a busy machine.
#include "tests/campaigns/accounting/scene.hpp"

#include "tests/campaigns/accounting/history.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <stdexcept>

namespace mailprobed::accounting {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::size_t kProbesPerMailbox = 4;
constexpr auto kInterval = milliseconds{800};

std::string numbered(char letter, std::size_t number) {
    std::string digits = std::to_string(number);
    return letter + std::string(3 - std::min<std::size_t>(digits.size(), 3), '0') + digits;
}

TlsMode mode_of(std::size_t number) {
    static constexpr std::array kModes{TlsMode::none, TlsMode::implicit, TlsMode::none,
                                       TlsMode::starttls, TlsMode::none};
    return kModes.at(number % kModes.size());
}

std::string_view word(TlsMode mode) {
    static constexpr std::array<std::string_view, 3> kWords{"implicit", "starttls", "none"};
    return kWords.at(static_cast<std::size_t>(mode));
}

Endpoint endpoint(const loopback::Server& server, TlsMode mode, std::uint16_t plain,
                  std::uint16_t tls) {
    Endpoint result;
    result.host = "127.0.0.1";
    result.port = mode == TlsMode::implicit ? tls : plain;
    result.tls = mode;
    if (mode != TlsMode::none) result.ca_file = server.ca_file();
    return result;
}

SmtpSettings sending_half(const loopback::Server& server, std::size_t number) {
    static constexpr std::array kLogins{SmtpAuth::automatic, SmtpAuth::login, SmtpAuth::cram_md5};
    SmtpSettings smtp;
    smtp.server = endpoint(server, mode_of(number), server.ports().smtp, server.ports().smtps);
    smtp.username = numbered('s', number);
    smtp.password = Secret("pw-out");
    smtp.auth = kLogins.at(number % kLogins.size());
    smtp.allow_plaintext_auth = true;
    smtp.pipelining = number % 4 == 1;
    Timeouts& times = smtp.timeouts;
    times.connect = times.tls = times.greeting = times.command = times.auth = times.accept =
        milliseconds{2500};
    times.quit = seconds{1};
    times.total = milliseconds{4500};
    return smtp;
}

MailboxSettings reading_half(const loopback::Server& server, std::size_t number) {
    MailboxSettings pop3;
    pop3.server = endpoint(server, mode_of(number), server.ports().pop3, server.ports().pop3s);
    pop3.username = numbered('m', number);
    pop3.password = Secret("pw-in");
    pop3.auth = number % 2 == 0 ? Pop3Auth::automatic : Pop3Auth::user_pass;
    pop3.allow_plaintext_auth = true;
    pop3.pipelining = number % 3 != 0;
    pop3.poll.first = milliseconds{300};
    pop3.poll.max = seconds{1};
    Timeouts& times = pop3.timeouts;
    times.connect = times.tls = times.greeting = times.command = times.auth = milliseconds{1200};
    times.quit = milliseconds{800};
    times.total = seconds{3};
    return pop3;
}

}  // namespace

Scene::Scene(std::size_t mails)
    // A smaller run has fewer probes, not a shorter time: outages need theirs.
    : probes_(std::clamp<std::size_t>(mails / 80, 5, 120)),
      // At least one for each TLS mode.
      mailboxes_(std::max<std::size_t>(5, probes_ / kProbesPerMailbox)),
      mails_each_((mails + probes_ - 1) / probes_),
      needed_(std::max(3U, static_cast<unsigned>(mails / 190))) {}

Duration Scene::interval() const noexcept {
    return kInterval;
}

std::vector<TlsMode> Scene::modes() const {
    std::vector<TlsMode> result;
    for (std::size_t i = 0; i < probes_; ++i)
        result.push_back(mode_of(i));
    return result;
}

loopback::Options Scene::server_options(const std::filesystem::path& folder) const {
    loopback::Options options;
    for (std::size_t i = 0; i < probes_; ++i) {
        const std::string name = numbered('s', i);
        options.accounts.push_back({name + "@test.invalid", name, "pw-out", {}});
    }
    for (std::size_t i = 0; i < mailboxes_; ++i) {
        const std::string name = numbered('m', i);
        options.accounts.push_back({name + "@test.invalid", name, "pw-in", {}});
    }
    options.delay = loopback::DelayModel::uniform(milliseconds{100}, milliseconds{400});
    options.log.keep = false;
    options.log.file = folder / "loopback.jsonl";
    options.seed = kSeed;
    return options;
}

Settings Scene::settings(const loopback::Server& server) const {
    Settings settings;
    // Refused logins are part of the weather here.
    settings.auth_backoff = Duration::zero();
    settings.instance = "accounting";
    settings.tag_key = Secret(std::string(32, 'k'));
    for (std::size_t i = 0; i < probes_; ++i) {
        const std::string name = numbered('s', i);
        settings.accounts.push_back(
            {name, name + "@test.invalid", sending_half(server, i), std::nullopt});
    }
    for (std::size_t i = 0; i < mailboxes_; ++i) {
        const std::string name = numbered('m', i);
        settings.accounts.push_back(
            {name, name + "@test.invalid", std::nullopt, reading_half(server, i)});
    }
    for (std::size_t i = 0; i < probes_; ++i) {
        ProbeSettings probe;
        probe.name = numbered('p', i);
        probe.from = numbered('s', i);
        probe.to = numbered('m', i % mailboxes_);
        probe.to_address = probe.to + "@test.invalid";
        probe.interval = kInterval;
        probe.deadline = milliseconds{5000 + 500 * static_cast<int>(i % 4)};
        probe.verdict_grace = milliseconds{3000 + 500 * static_cast<int>(i % 3)};
        settings.probes.push_back(std::move(probe));
    }
    return settings;
}

bool Scene::is_down(std::size_t mailbox, Duration since_start) const noexcept {
    if (mailbox % 3 == 2) return false;
    const Duration begins = seconds{6} + milliseconds{2900} * static_cast<int>(mailbox * 7 % 13);
    return since_start >= begins && since_start < begins + seconds{14};
}

void Scene::describe(const std::filesystem::path& file, const Settings& settings,
                     const FaultPlan& plan) const {
    std::string text = "{\"probes\":{";
    for (const ProbeSettings& probe : settings.probes) {
        if (!text.ends_with('{')) text += ',';
        append_json(text, probe.name);
        text += ":{\"mailbox\":";
        append_json(text, probe.to);
        text += ",\"tls\":";
        append_json(text, word(settings.account(probe.from)->smtp->server.tls));
        text += ",\"deadline\":" + std::to_string(probe.deadline.count());
        text += ",\"grace\":" + std::to_string(probe.verdict_grace->count()) + '}';
    }
    text += "},\"scan_limit\":" + std::to_string(MailboxSettings{}.scan_limit) + ",\"faults\":[";
    for (const std::string& name : plan.names()) {
        if (!text.ends_with('[')) text += ',';
        append_json(text, name);
    }
    text += "]}\n";
    std::ofstream out(file);
    out << text;
    out.close();
    if (!out) throw std::runtime_error("cannot write " + file.string());
}

}  // namespace mailprobed::accounting
