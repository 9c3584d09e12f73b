// SPDX-License-Identifier: Apache-2.0
// Lanes that send the next mail as soon as the last one has its verdict.
#include "tests/campaigns/bench/throughput.hpp"

#include "tests/campaigns/bench/usage.hpp"
#include "tests/support/some_facts.hpp"

#include <optional>
#include <vector>

namespace mailprobed::bench {
namespace {

/// Counts what a fair comparison must know.
class Counter final : public test::SomeFacts<Counter> {
  public:
    void take(const LookDone& fact) {
        ++looks;
        if (!fact.complete || fact.failure) ++failed;
    }
    void take(const MailJudged& fact) {
        ++judged;
        if (fact.verdict != Verdict::delivered || fact.body != BodyState::intact) ++failed;
    }

    std::uint64_t judged = 0;
    std::uint64_t looks = 0;
    std::uint64_t failed = 0;
};

struct Lane {
    explicit Lane(const Executor& executor) : timer(executor) {}
    BootTimer timer;
    bool judged = false;
};

Awaitable<void> keep_sending(Prober* prober, Lane* lane) {
    for (;;) {
        lane->judged = false;
        co_await prober->send(Duration::zero(), prober->new_mail_id());
        while (!lane->judged)
            co_await sleep_until(lane->timer, Instant::max());
    }
}

Settings settings_for(const ThroughputWish& wish) {
    Settings settings = bench_settings();
    settings.state_directory = wish.state_directory;
    for (std::size_t i = 0; i < wish.lanes; ++i) {
        const std::string name = "b" + std::to_string(i);
        AccountSettings account = bench_account(wish.server, name);
        account.mailbox->poll.first = wish.first;
        account.smtp->pipelining = wish.pipelining;
        settings.accounts.push_back(std::move(account));
        ProbeSettings probe;
        probe.name = probe.from = probe.to = name;
        probe.to_address = name + "@bench.test";
        settings.probes.push_back(std::move(probe));
    }
    return settings;
}

}  // namespace

JsonObject measure_throughput(const ThroughputWish& wish) {
    Counter counter;
    std::vector<std::unique_ptr<Lane>> lanes;
    Rig rig(settings_for(wish), counter);
    for (std::size_t i = 0; i < wish.lanes; ++i)
        lanes.push_back(std::make_unique<Lane>(rig.loop().get_executor()));

    std::optional<Usage> begin;
    std::optional<Usage> end;
    Counter counted;
    rig.context().on_judgement = [&](const Judgement& judgement) {
        Lane& lane = *lanes[judgement.index];
        lane.judged = true;
        lane.timer.cancel();
        if (!begin && counter.judged >= wish.warm_up) {
            begin = Usage::now();
            counted.judged = counter.judged;
            counted.looks = counter.looks;
        } else if (!end && counter.judged >= wish.warm_up + wish.mails) {
            end = Usage::now();
            counted.judged = counter.judged - counted.judged;
            counted.looks = counter.looks - counted.looks;
            rig.loop().stop();
        }
    };
    rig.watch();
    for (std::size_t i = 0; i < wish.lanes; ++i)
        rig.tasks().spawn(keep_sending(&rig.prober(i), lanes[i].get()));
    rig.loop().run();

    const auto mails = static_cast<double>(counted.judged);
    JsonObject result;
    result.add("mails", counted.judged)
        .add("cpu_us", to_seconds(end->cpu() - begin->cpu()) * 1e6 / mails)
        .add("user_us", to_seconds(end->user - begin->user) * 1e6 / mails)
        .add("per_second", mails / to_seconds(end->wall - begin->wall))
        .add("looks_per_mail", static_cast<double>(counted.looks) / mails)
        .add("failed", counter.failed);
    rig.context().on_judgement = {};
    // Their timers must not outlive the loop, nor what waits for them outlive the timers.
    rig.stop();
    lanes.clear();
    return result;
}

}  // namespace mailprobed::bench
