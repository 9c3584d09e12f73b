// SPDX-License-Identifier: Apache-2.0
// A soak: mails by the hundred thousand through the embedded server under a dice of faults, with
// the durable journal. The identity must hold, the verdicts must be those that the dice ask for,
// and the process must stay as large as it was once warm.
#include "daemon/store/sql_journal.hpp"
#include "probes/monitor/monitor.hpp"
#include "probes/net/boot_clock.hpp"
#include "probes/net/crypto.hpp"
#include "probes/net/socket_channel.hpp"
#include "probes/net/task_group.hpp"
#include "tests/campaigns/torture/soak_scene.hpp"
#include "tests/campaigns/torture/soak_size.hpp"
#include "tests/campaigns/torture/soak_verdict.hpp"

#include <boost/asio/io_context.hpp>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <sys/resource.h>
#include <thread>

namespace mailprobed::soak {
namespace {

using std::chrono::seconds;

/// Without a verdict for so long the run is stuck.
constexpr auto kSilence = seconds{60};
/// When nothing starts any more, all verdicts fall within deadline, grace and a hung look.
constexpr auto kDrain = kDeadline + kGrace + kLongestLook + seconds{60};

/// More than a machine that keeps up has open. One that does not, with a sanitizer's build or other
/// work, skips ticks instead of ending mails by timeouts.
constexpr std::size_t kSessions = 100;

struct Run {
    Run(const loopback::Server& server, std::size_t probes, Duration interval,
        const std::string& state)
        : settings(settings_for(server, users_for(probes), interval, state)),
          journal(io.get_executor(), {state, settings.evidence, std::chrono::minutes{1}},
                  [this](bool works, const std::string& /*why*/) { unhealthy += works ? 0 : 1; }),
          connector(io.get_executor()),
          monitor(settings, {io.get_executor(), journal, counter,
                             [this](const Endpoint& to) { return connector.make(to); }, hmac_sha256,
                             random_u64, kSessions}),
          tasks(io.get_executor()) {
        tasks.spawn(monitor.run());
    }

    /// No further mails; those in flight are tried again, looked for and judged as ever, which
    /// stop_ticks() would not do.
    void end_sending() {
        for (ProbeSettings& probe : settings.probes)
            probe.interval = std::chrono::hours{24 * 7};
        monitor.reconfigure(settings);
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

void print(const LedgerTotals& totals, const Size& size) {
    std::printf(
        "%8llu started %8llu verdicts %6llu pending %7.1f MiB heap %7.1f MiB resident %5zu "
        "fds %3zu threads\n",
        static_cast<unsigned long long>(totals.started),
        static_cast<unsigned long long>(totals.verdicts),
        static_cast<unsigned long long>(totals.pending), size.heap_mib, size.resident_mib,
        size.descriptors, size.threads);
    std::fflush(stdout);
}

/// Prints a line now and then until there are `mails` verdicts, then ends the probes and waits for
/// the last verdict, but not for ever: `stuck` says so.
Awaitable<void> watch(Run& run, std::uint64_t mails, Sizes& sizes, bool& stuck) {
    BootTimer timer(run.io.get_executor());
    bool sending = true;
    std::uint64_t known = 0;
    Instant give_up = BootClock::now() + kSilence;
    for (unsigned tick = 0;; ++tick) {
        co_await sleep_until(timer, BootClock::now() + seconds{1});
        const LedgerTotals totals = run.monitor.totals();
        if (sending && totals.verdicts > known) give_up = BootClock::now() + kSilence;
        known = totals.verdicts;
        if (sending && known >= mails) {
            sending = false;
            run.end_sending();
            give_up = BootClock::now() + kDrain;
        }
        const Size size = size_now();
        if (sending && tick % 3 == 2) sizes.add(size);
        if (tick % 10 == 9) print(totals, size);
        if (!sending && totals.pending == 0) break;
        if (BootClock::now() < give_up) continue;
        std::printf("%s; %llu mails have no verdict\n",
                    sending ? "no verdict for a minute" : "the last verdicts do not come",
                    static_cast<unsigned long long>(totals.pending));
        stuck = true;
        break;
    }
    run.tasks.cancel();
}

/// How many more descriptors are open than `before`; the server may need a moment to see that a
/// client has gone.
std::ptrdiff_t descriptors_beyond(std::size_t before) {
    const Instant patience = BootClock::now() + seconds{10};
    for (;;) {
        const auto more = static_cast<std::ptrdiff_t>(size_now().descriptors) -
                          static_cast<std::ptrdiff_t>(before);
        if (more <= 0 || BootClock::now() > patience) return more;
        std::this_thread::sleep_for(std::chrono::milliseconds{20});
    }
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
    throw_dice(server);
    bool good = false;
    {
        Run run(server, probes, interval, folder);
        Sizes sizes;
        bool stuck = false;
        const std::size_t before = size_now().descriptors;
        TaskGroup watching(run.io.get_executor());
        watching.spawn(watch(run, mails, sizes, stuck));
        run.io.run();
        Result result{mails, run.monitor.totals(),       run.counter, {}, run.unhealthy,
                      stuck, descriptors_beyond(before), sizes};
        for (std::size_t i = 0; i < kDice.size(); ++i)
            result.strikes[i] = server.fault_count(kDice[i].name);
        good = judge(result);
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
