// SPDX-License-Identifier: Apache-2.0
// mailprobed-bench: one measurement for each run, its result as one line of JSON on the standard
// output. tests/campaigns/bench/run.py puts them together.
#include "tests/campaigns/bench/accuracy.hpp"
#include "tests/campaigns/bench/memory.hpp"
#include "tests/campaigns/bench/simulation.hpp"
#include "tests/campaigns/bench/statistics.hpp"
#include "tests/campaigns/bench/throughput.hpp"

#include <CLI/CLI.hpp>

#include <csignal>
#include <cstdio>
#include <exception>
#include <sys/resource.h>

namespace mailprobed::bench {
namespace {

/// What must hold (issue: U - L <= planned gap + 2 ms at p99).
constexpr double kGreatestExcess = 0.002;

void print(const JsonObject& object) {
    std::printf("%s\n", object.text().c_str());
}

void raise_descriptor_limit() {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

/// One simulated scenario as JSON; `good` becomes false if it breaks a bound.
JsonObject simulated(const Scenario& scenario, bool& good) {
    const SimulationResult r = simulate(scenario);
    const double excess = quantile(r.excess, 0.99);
    const bool in_budget =
        scenario.logins_per_hour == 0 || r.most_in_an_hour <= scenario.logins_per_hour;
    const bool kept =
        r.delivered == r.mails && r.inside == r.mails && excess <= kGreatestExcess && in_budget;
    good = good && kept;
    JsonObject object;
    object.add("probes", std::uint64_t{scenario.probes})
        .add("logins_per_hour", std::uint64_t{scenario.logins_per_hour})
        .add("slow_server", std::uint64_t{scenario.slow_server ? 1U : 0U})
        .add("mails", std::uint64_t{r.mails})
        .add("delivered", std::uint64_t{r.delivered})
        .add("inside", std::uint64_t{r.inside})
        .add("most_logins_in_an_hour", std::uint64_t{r.most_in_an_hour})
        .add("logins_per_mail", static_cast<double>(r.looks) / static_cast<double>(r.mails))
        .add("uncertainty_p50", quantile(r.uncertainty, 0.5))
        .add("uncertainty_p99", quantile(r.uncertainty, 0.99))
        .add("relative_p50", quantile(r.relative, 0.5))
        .add("relative_p99", quantile(r.relative, 0.99))
        .add("error_p99", quantile(r.error, 0.99))
        .add("excess_p99", excess)
        .add("kept", std::uint64_t{kept ? 1U : 0U});
    return object;
}

/// All scenarios; 1 if one breaks a bound.
int run_simulations(std::size_t mails, std::uint64_t seed) {
    std::vector<Scenario> scenarios;
    for (const std::uint32_t probes : {1U, 10U}) {
        for (const std::uint32_t budget : {12U, 60U, 600U, 0U}) {
            Scenario& scenario = scenarios.emplace_back();
            scenario.probes = probes;
            scenario.logins_per_hour = budget;
        }
    }
    // Many mails become visible in the middle of a look.
    scenarios.push_back(scenarios.back());
    scenarios.back().slow_server = true;
    bool good = true;
    std::vector<JsonObject> results;
    for (Scenario& scenario : scenarios) {
        scenario.mails = mails;
        scenario.seed = seed;
        results.push_back(simulated(scenario, good));
    }
    print(JsonObject().add("simulations", results));
    return good ? 0 : 1;
}

void add_server(CLI::App& command, ServerAddress& server) {
    command.add_option("--smtp", server.smtp, "port of the loopback server")->required();
    command.add_option("--pop3", server.pop3, "port of the loopback server")->required();
    command.add_option("--ca", server.ca_file, "PEM file; the ports speak TLS");
}

int run(int argc, char** argv) {
    CLI::App app("Measurements of mailprobed; see tests/campaigns/bench/README.md.",
                 "mailprobed-bench");
    app.require_subcommand(1);

    std::size_t mails = 4000;
    std::uint64_t seed = 1;
    CLI::App& simulation = *app.add_subcommand("simulate", "ledger and poll plan, simulated clock");
    simulation.add_option("--mails", mails, "mails of each scenario")->capture_default_str();
    simulation.add_option("--seed", seed, "of delays and times")->capture_default_str();

    ThroughputWish throughput;
    double first_ms = 2;
    CLI::App& cost = *app.add_subcommand("throughput", "CPU time of a round trip");
    add_server(cost, throughput.server);
    cost.add_option("--lanes", throughput.lanes, "mails in flight")->capture_default_str();
    cost.add_option("--warm-up", throughput.warm_up, "not measured")->capture_default_str();
    cost.add_option("--mails", throughput.mails, "measured")->capture_default_str();
    cost.add_option("--first-ms", first_ms, "from the dot to the look")->capture_default_str();
    cost.add_option("--state", throughput.state_directory, "keep a journal in this folder");
    cost.add_flag("--pipelining", throughput.pipelining, "as the option of the configuration");

    MemoryWish memory;
    CLI::App& space = *app.add_subcommand("memory", "resident bytes of pending mails and sessions");
    add_server(space, memory.server);
    space.add_option("--mailboxes", memory.mailboxes)->capture_default_str();
    space.add_option("--pending", memory.pending)->capture_default_str();
    space.add_option("--sessions", memory.sessions)->capture_default_str();

    AccuracyWish accuracy;
    std::int64_t seconds = accuracy.sending.count();
    CLI::App& truth = *app.add_subcommand("accuracy", "latencies of real mails");
    add_server(truth, accuracy.server);
    truth.add_option("--mailboxes", accuracy.mailboxes)->capture_default_str();
    truth.add_option("--scale", accuracy.scale, "divides all times")->capture_default_str();
    truth.add_option("--seconds", seconds, "how long mails are sent")->capture_default_str();
    truth.add_option("--output", accuracy.output, "what was observed")->required();

    CLI11_PARSE(app, argc, argv);
    raise_descriptor_limit();
    std::signal(SIGPIPE, SIG_IGN);
    if (simulation.parsed()) return run_simulations(mails, seed);
    if (cost.parsed()) {
        throughput.first = Duration{static_cast<Duration::rep>(first_ms * 1e6)};
        print(measure_throughput(throughput));
    } else if (space.parsed()) {
        print(measure_memory(memory));
    } else {
        accuracy.sending = std::chrono::seconds{seconds};
        print(observe_accuracy(accuracy));
    }
    return 0;
}

}  // namespace
}  // namespace mailprobed::bench

int main(int argc, char** argv) {
    try {
        return mailprobed::bench::run(argc, argv);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "mailprobed-bench: %s\n", error.what());
        return 1;
    }
}
