// SPDX-License-Identifier: Apache-2.0
// Records what the observer is told; the comparison with the truth is made by another program.
#include "tests/campaigns/bench/accuracy.hpp"

#include "probes/net/boot_clock.hpp"
#include "tests/support/some_facts.hpp"

#include <fmt/format.h>

#include <fstream>
#include <stdexcept>
#include <unordered_set>

namespace mailprobed::bench {
namespace {

class Recorder final : public test::SomeFacts<Recorder> {
  public:
    explicit Recorder(const std::string& file) : out_(file) {
        if (!out_) throw std::runtime_error("cannot write " + file);
    }

    void take(const MailStarted& fact) {
        if (BootClock::now() < last_start) counted_.insert(fact.mail);
    }
    void take(const MailJudged& fact) {
        if (!counted_.contains(fact.mail)) return;
        ++judged;
        out_ << fmt::format("{:016x} {} {} {} {}\n", fact.mail,
                            fact.lower.time_since_epoch().count(),
                            fact.upper.time_since_epoch().count(), fact.planned_gap.count(),
                            to_string(fact.verdict));
    }
    void take(const LookDone& /*fact*/) { ++looks; }

    [[nodiscard]] std::uint64_t started() const noexcept { return counted_.size(); }

    Instant last_start = Instant::max();
    std::uint64_t judged = 0;
    std::uint64_t looks = 0;

  private:
    std::ofstream out_;
    std::unordered_set<std::uint64_t> counted_;
};

Duration scaled(Duration time, double scale) {
    return Duration{static_cast<Duration::rep>(static_cast<double>(time.count()) / scale)};
}

Settings settings_for(const AccuracyWish& wish) {
    Settings settings = bench_settings();
    settings.log.level = LogLevel::warning;
    for (std::size_t i = 0; i < wish.mailboxes; ++i) {
        const std::string name = "b" + std::to_string(i);
        AccountSettings account = bench_account(wish.server, name);
        PollSettings& poll = account.mailbox->poll;
        poll.first = scaled(poll.first, wish.scale);
        poll.max = scaled(poll.max, wish.scale);
        settings.accounts.push_back(std::move(account));
        ProbeSettings probe;
        probe.name = probe.from = probe.to = name;
        probe.to_address = name + "@bench.test";
        probe.interval = std::chrono::seconds{1};
        probe.deadline = scaled(std::chrono::minutes{15}, wish.scale);
        settings.probes.push_back(std::move(probe));
    }
    return settings;
}

}  // namespace

JsonObject observe_accuracy(const AccuracyWish& wish) {
    Recorder recorder(wish.output);
    Rig rig(settings_for(wish), recorder);
    rig.watch();
    for (std::size_t i = 0; i < wish.mailboxes; ++i)
        rig.tasks().spawn(rig.prober(i).run(rig.tasks()));
    recorder.last_start = BootClock::now() + wish.sending;
    const Duration longest = scaled(std::chrono::minutes{11}, wish.scale);
    rig.loop().run_for(wish.sending + longest + std::chrono::seconds{1});
    JsonObject result;
    result.add("started", recorder.started())
        .add("judged", recorder.judged)
        .add("looks", recorder.looks);
    return result;
}

}  // namespace mailprobed::bench
