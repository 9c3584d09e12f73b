// SPDX-License-Identifier: Apache-2.0
// Differences of the resident set. Before a baseline the allocator returns what is free, so that
// no earlier peak makes the growth look smaller than it is.
#include "tests/campaigns/bench/memory.hpp"

#include "tests/campaigns/bench/usage.hpp"
#include "tests/support/some_facts.hpp"

#include <malloc.h>
#include <stdexcept>
#include <vector>

namespace mailprobed::bench {
namespace {

constexpr std::size_t kAtOnce = 50;
constexpr std::size_t kWarmUpRounds = 5;
constexpr auto kPatience = std::chrono::minutes{2};

/// Ends the loop when as many facts of one kind have come as are waited for.
class Gate final : public test::SomeFacts<Gate> {
  public:
    void take(const StageDone& fact) {
        if (fact.stage == Stage::envelope && !fact.cause) ++enveloped;
        if (fact.stage == Stage::quit && !fact.cause) ++sent;
        check();
    }
    void take(const MailJudged& fact) {
        if (fact.verdict != Verdict::delivered) ++failed;
        ++judged;
        check();
    }

    /// Runs `loop` until `counter` has grown by `count`.
    void wait(asio::io_context& loop, const std::uint64_t& counter, std::uint64_t count) {
        counter_ = &counter;
        target_ = counter + count;
        loop_ = &loop;
        loop.restart();
        loop.run_for(kPatience);
        if (counter < target_) throw std::runtime_error("the server is too slow for this test");
        loop_ = nullptr;
    }

    std::uint64_t enveloped = 0;
    std::uint64_t sent = 0;
    std::uint64_t judged = 0;
    std::uint64_t failed = 0;

  private:
    void check() {
        if (loop_ != nullptr && *counter_ >= target_) loop_->stop();
    }

    const std::uint64_t* counter_ = nullptr;
    std::uint64_t target_ = 0;
    asio::io_context* loop_ = nullptr;
};

Settings settings_for(const MemoryWish& wish) {
    Settings settings = bench_settings();
    for (std::size_t i = 0; i < wish.mailboxes; ++i) {
        AccountSettings box = bench_account(wish.server, "b" + std::to_string(i));
        box.smtp.reset();
        settings.accounts.push_back(std::move(box));
    }
    for (const char* sender : {"warm", "hold", "slow"}) {
        AccountSettings account = bench_account(wish.server, sender);
        account.mailbox.reset();
        settings.accounts.push_back(std::move(account));
        for (std::size_t i = 0; i < wish.mailboxes; ++i) {
            ProbeSettings probe;
            probe.name = sender + std::to_string(i);
            probe.from = sender;
            probe.to = "b" + std::to_string(i);
            probe.to_address = probe.to + "@bench.test";
            probe.deadline = std::chrono::hours{1};
            settings.probes.push_back(std::move(probe));
        }
    }
    return settings;
}

/// Every kAtOnce-th mail of `count`, one after the other, from the probes `first`...
Awaitable<void> send_some(Rig* rig, std::size_t from, std::size_t first, std::size_t probes,
                          std::size_t count) {
    for (std::size_t i = from; i < count; i += kAtOnce) {
        Prober& prober = rig->prober(first + i % probes);
        co_await prober.send(Duration::zero(), prober.new_mail_id());
    }
}

void send_many(Rig& rig, std::size_t first, std::size_t probes, std::size_t count) {
    for (std::size_t worker = 0; worker < kAtOnce; ++worker)
        rig.tasks().spawn(send_some(&rig, worker, first, probes, count));
}

std::int64_t baseline() {
    ::malloc_trim(0);
    return resident_bytes();
}

double per_one(std::int64_t bytes, std::size_t count) {
    return static_cast<double>(bytes) / static_cast<double>(count);
}

}  // namespace

JsonObject measure_memory(const MemoryWish& wish) {
    Gate gate;
    Rig rig(settings_for(wish), gate);
    rig.watch();
    const std::size_t warm = wish.mailboxes * kWarmUpRounds;
    send_many(rig, 0, wish.mailboxes, warm);
    gate.wait(rig.loop(), gate.judged, warm);
    rig.loop().restart();
    rig.loop().run_for(std::chrono::seconds{1});  // the last looks end
    const std::int64_t idle = baseline();

    send_many(rig, wish.mailboxes, wish.mailboxes, wish.pending);
    gate.wait(rig.loop(), gate.sent, wish.pending);
    rig.loop().restart();
    rig.loop().run_for(std::chrono::seconds{2});  // looks go on beside pending mails
    const std::int64_t full = resident_bytes();
    const std::uint64_t pending = rig.context().ledger.totals().pending;

    const std::int64_t before_sessions = baseline();
    for (std::size_t i = 0; i < wish.sessions; ++i) {
        Prober& prober = rig.prober(2 * wish.mailboxes + i % wish.mailboxes);
        rig.tasks().spawn(prober.send({}, prober.new_mail_id()));
    }
    gate.wait(rig.loop(), gate.enveloped, wish.sessions);
    const std::int64_t in_flight = resident_bytes();

    JsonObject result;
    result.add("pending", pending)
        .add("baseline_bytes", static_cast<std::uint64_t>(idle))
        .add("bytes_per_pending_mail", per_one(full - idle, pending))
        .add("bytes_per_session", per_one(in_flight - before_sessions, wish.sessions))
        .add("failed", gate.failed);
    return result;
}

}  // namespace mailprobed::bench
