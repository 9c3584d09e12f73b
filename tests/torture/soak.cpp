// SPDX-License-Identifier: Apache-2.0
// A soak: mails by the hundred thousand through the embedded server under a dice of faults, with
// the durable journal. The identity must hold and the process must stay as large as it was once
// warm.
#include "daemon/sql_journal.hpp"
#include "probes/monitor/monitor.hpp"
#include "probes/net/boot_clock.hpp"
#include "probes/net/crypto.hpp"
#include "probes/net/socket_channel.hpp"
#include "probes/net/task_group.hpp"
#include "tests/loopback/server.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <dirent.h>
#include <filesystem>
#include <fstream>
#include <string>
#include <sys/resource.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace mailprobed::soak {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::array kDice{
    "smtp DOT lose p=0.005",
    "smtp DOT duplicate p=0.005",
    "smtp DOT alter p=0.005",
    "smtp DOT keep_and_drop p=0.003",
    "smtp DOT discard_and_drop p=0.003",
    "smtp DOT refuse p=0.005",
    "smtp DOT bounce p=0.005",
    "smtp DOT delay_delivery p=0.005 delivery=1500ms",
    "smtp RCPT reply p=0.005 text=\"450 4.2.0 try again\"",
    "smtp MAIL drop p=0.003",
    "smtp connect reset p=0.003",
    "smtp EHLO garbage p=0.003",
    "pop3 LOGIN lock_held p=0.01",
    "pop3 UIDL cut_short p=0.003",
    "pop3 QUIT drop p=0.003",
    "pop3 connect drop p=0.003",
};

/// What the process holds.
struct Size {
    double megabytes = 0;
    std::size_t descriptors = 0;
    std::size_t threads = 0;
};

std::size_t entries_of(const char* folder) {
    std::size_t count = 0;
    if (DIR* directory = opendir(folder)) {
        while (readdir(directory) != nullptr)
            ++count;
        closedir(directory);
    }
    return count;
}

Size size_now() {
    Size size;
    long pages = 0;
    std::ifstream("/proc/self/statm") >> pages >> pages;
    size.megabytes = static_cast<double>(pages * sysconf(_SC_PAGESIZE)) / 1048576.0;
    size.descriptors = entries_of("/proc/self/fd");
    size.threads = entries_of("/proc/self/task");
    return size;
}

/// Counts verdicts; everything else is the ledger's.
class Counter final : public Observer {
  public:
    void mail_judged(const MailJudged& fact) override {
        ++verdicts.at(static_cast<std::size_t>(fact.verdict));
    }
    void evidence_found(const EvidenceFound& fact) override {
        ++evidence.at(static_cast<std::size_t>(fact.kind));
    }
    void tick_missed(std::string_view /*probe*/, MissReason /*reason*/,
                     std::uint64_t count) override {
        missed += count;
    }
    void internal_error(std::string_view where, std::string_view what) override {
        std::printf("bug: %.*s: %.*s\n", static_cast<int>(where.size()), where.data(),
                    static_cast<int>(what.size()), what.data());
        ++bugs;
    }

    std::array<std::uint64_t, kVerdicts.size()> verdicts{};
    std::array<std::uint64_t, kEvidences.size()> evidence{};
    std::uint64_t missed = 0;
    std::uint64_t bugs = 0;
};

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

Settings settings_for(const loopback::Server& server, const std::vector<std::string>& users,
                      Duration interval, const std::string& state) {
    Settings settings;
    settings.instance = "soak";
    settings.tag_key = Secret(std::string(32, 'k'));
    settings.state_directory = state;
    // So that what is remembered for evidence becomes flat within the run.
    settings.evidence = seconds{30};
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
        Pop3Settings& pop3 = account.pop3.emplace();
        pop3.server = smtp.server;
        pop3.server.port = server.ports().pop3;
        pop3.username = user;
        pop3.password = smtp.password;
        pop3.allow_plaintext_auth = true;
        pop3.poll.first = milliseconds{250};
        pop3.poll.max = seconds{1};
        settings.accounts.push_back(std::move(account));
        ProbeSettings probe;
        probe.name = probe.from = probe.to = user;
        probe.to_address = user + "@test.invalid";
        probe.interval = interval;
        probe.deadline = seconds{5};
        probe.verdict_grace = seconds{4};
        probe.max_attempts = 2;
        probe.retry_after = seconds{1};
        settings.probes.push_back(std::move(probe));
    }
    return settings;
}

struct Run {
    Run(const loopback::Server& server, std::size_t probes, Duration interval,
        const std::string& state)
        : settings(settings_for(server, users_for(probes), interval, state)),
          journal(io.get_executor(), {state, settings.evidence, std::chrono::minutes{1}},
                  [this](bool works, const std::string& /*why*/) { unhealthy += works ? 0 : 1; }),
          connector(io.get_executor()),
          monitor(settings, {io.get_executor(), journal, counter,
                             [this](const Endpoint& to) { return connector.make(to); }, hmac_sha256,
                             random_u64, 20'000}),
          tasks(io.get_executor()) {
        tasks.spawn(monitor.run());
    }

    Settings settings;
    asio::io_context io{1};
    Counter counter;
    int unhealthy = 0;
    SqlJournal journal;
    Connector connector;
    Monitor monitor;
    TaskGroup tasks;
};

/// Prints a line now and then until `mails` are started, then ends the probes and waits for the
/// last verdict. Returns the sizes seen on the way.
Awaitable<void> watch(Run& run, std::uint64_t mails, std::vector<Size>& sizes) {
    BootTimer timer(run.io.get_executor());
    bool sending = true;
    for (unsigned tick = 0;; ++tick) {
        co_await sleep_until(timer, BootClock::now() + seconds{1});
        const LedgerTotals totals = run.monitor.totals();
        if (sending && totals.started >= mails) {
            sending = false;
            for (ProbeSettings& probe : run.settings.probes)
                probe.interval = std::chrono::hours{24};
        }
        if (sending && tick % 5 == 4) sizes.push_back(size_now());
        if (tick % 10 == 9) {
            const Size size = size_now();
            std::printf(
                "%8llu started %8llu verdicts %6llu pending %7.1f MiB %5zu fds %3zu threads\n",
                static_cast<unsigned long long>(totals.started),
                static_cast<unsigned long long>(totals.verdicts),
                static_cast<unsigned long long>(totals.pending), size.megabytes, size.descriptors,
                size.threads);
            std::fflush(stdout);
        }
        if (!sending && totals.pending == 0) break;
    }
    run.tasks.cancel();
}

/// The largest of a part of the samples.
template <class T>
T largest(const std::vector<Size>& sizes, double from, double to, T Size::* member) {
    T most{};
    const auto count = static_cast<double>(sizes.size());
    for (auto i = static_cast<std::size_t>(from * count);
         i < static_cast<std::size_t>(to * count) && i < sizes.size(); ++i) {
        most = std::max(most, sizes[i].*member);
    }
    return most;
}

bool verdict_on(const Run& run, const std::vector<Size>& sizes) {
    const LedgerTotals totals = run.monitor.totals();
    bool good = true;
    const auto check = [&good](bool holds, const char* what) {
        std::printf("%-62s %s\n", what, holds ? "yes" : "NO");
        good = good && holds;
    };
    std::uint64_t told = 0;
    for (std::size_t i = 0; i < kVerdicts.size(); ++i) {
        told += run.counter.verdicts[i];
        std::printf("%-14s %8llu\n", std::string(to_string(kVerdicts[i])).c_str(),
                    static_cast<unsigned long long>(run.counter.verdicts[i]));
    }
    for (std::size_t i = 0; i < kEvidences.size(); ++i) {
        std::printf("after: %-14s %8llu\n", std::string(to_string(kEvidences[i])).c_str(),
                    static_cast<unsigned long long>(run.counter.evidence[i]));
    }
    std::printf("missed ticks %llu\n", static_cast<unsigned long long>(run.counter.missed));
    check(totals.started + totals.restored == totals.verdicts + totals.pending,
          "started + restored = verdicts + pending");
    check(told == totals.verdicts, "every verdict was told once");
    check(run.counter.bugs == 0, "no internal error");
    check(run.unhealthy == 0, "the journal was healthy all the time");
    const double before = largest(sizes, 0.3, 0.6, &Size::megabytes);
    const double after = largest(sizes, 0.7, 1.0, &Size::megabytes);
    std::printf("resident: middle %.1f MiB, end %.1f MiB\n", before, after);
    check(after <= before * 1.05 + 4, "memory is flat after warm-up (5 % and 4 MiB)");
    check(largest(sizes, 0.7, 1.0, &Size::threads) <= largest(sizes, 0.3, 0.6, &Size::threads),
          "threads are flat");
    check(largest(sizes, 0.7, 1.0, &Size::descriptors) <=
              largest(sizes, 0.3, 0.6, &Size::descriptors) * 3 / 2 + 50,
          "descriptors are flat");
    return good;
}

int soak(std::uint64_t mails, std::size_t probes, Duration interval) {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    std::string folder = (std::filesystem::temp_directory_path() / "soak-XXXXXX").string();
    if (mkdtemp(folder.data()) == nullptr) return 1;
    loopback::Server server(server_options(users_for(probes)));
    server.start();
    for (const char* rule : kDice)
        server.add_fault(loopback::parse_fault(rule));
    bool good = false;
    {
        Run run(server, probes, interval, folder);
        std::vector<Size> sizes;
        TaskGroup watching(run.io.get_executor());
        watching.spawn(watch(run, mails, sizes));
        run.io.run();
        good = verdict_on(run, sizes);
    }
    server.stop();
    std::filesystem::remove_all(folder);
    return good ? 0 : 1;
}

}  // namespace
}  // namespace mailprobed::soak

/// soak MAILS PROBES INTERVAL_MS
int main(int argc, char** argv) {
    const std::uint64_t mails = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 20'000;
    const std::size_t probes = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 200;
    const long interval = argc > 3 ? std::strtol(argv[3], nullptr, 10) : 200;
    return mailprobed::soak::soak(mails, probes, std::chrono::milliseconds{interval});
}
