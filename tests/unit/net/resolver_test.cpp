// SPDX-License-Identifier: Apache-2.0
// Look-ups never outwait their deadline, and a hung name takes one thread however often it is
// asked.
#include "probes/net/resolver.hpp"

#include "probes/net/boot_clock.hpp"
#include "probes/net/channel.hpp"
#include "probes/net/host_name.hpp"
#include "probes/net/task_group.hpp"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <netdb.h>
#include <thread>

namespace mailprobed {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct Answer {
    std::vector<asio::ip::address> addresses;
    std::optional<Cause> cause;
    bool done = false;
};

Awaitable<void> ask(Resolver& resolver, std::string host, IpFamily family, Instant deadline,
                    Answer& answer) {
    try {
        answer.addresses = co_await resolver.resolve(std::move(host), family, deadline);
    } catch (const ChannelError& error) {
        answer.cause = error.cause();
    }
    answer.done = true;
}

Answer resolve(LookupFunction lookup, const std::string& host, IpFamily family = IpFamily::any,
               Duration patience = seconds{20}) {
    asio::io_context io(1);
    Resolver resolver(io.get_executor(), std::move(lookup));
    TaskGroup tasks(io.get_executor());
    Answer answer;
    tasks.spawn(ask(resolver, host, family, BootClock::now() + patience, answer));
    io.run();
    EXPECT_TRUE(answer.done);
    return answer;
}

/// Blocks every look-up until it is opened, and counts them.
struct Gate {
    std::mutex mutex;
    std::condition_variable opened;
    bool open = false;
    std::atomic<int> entered = 0;

    void pass() {
        ++entered;
        std::unique_lock lock(mutex);
        opened.wait(lock, [this] { return open; });
    }
    void let_all_pass() {
        const std::lock_guard lock(mutex);
        open = true;
        opened.notify_all();
    }
};

TEST(Resolver, NumericHostsNeedNoLookupAndObeyTheFamily) {
    const LookupFunction never = [](const std::string&, IpFamily) -> HostLookup {
        ADD_FAILURE() << "looked up";
        return {};
    };
    EXPECT_EQ(resolve(never, "127.0.0.1").addresses.size(), 1U);
    EXPECT_EQ(resolve(never, "::1", IpFamily::v6).addresses.size(), 1U);
    EXPECT_EQ(resolve(never, "127.0.0.1", IpFamily::v6).cause, Cause::dns_not_found);
}

TEST(Resolver, ErrorsOfTheSystemAreToldApart) {
    const auto failing = [](int error) {
        return [error](const std::string&, IpFamily) { return HostLookup{{}, error}; };
    };
    EXPECT_EQ(resolve(failing(EAI_NONAME), "x").cause, Cause::dns_not_found);
    EXPECT_EQ(resolve(failing(EAI_AGAIN), "x").cause, Cause::dns_failed);
    EXPECT_EQ(resolve(failing(EAI_FAIL), "x").cause, Cause::dns_failed);
    EXPECT_EQ(resolve(failing(0), "x").cause, Cause::dns_not_found);
}

TEST(Resolver, TheSystemKnowsLocalhost) {
    EXPECT_FALSE(resolve(system_lookup, "localhost", IpFamily::v4).addresses.empty());
}

TEST(Resolver, AHungNameIsAbandonedAtTheDeadlineAndBlocksOneThreadOnly) {
    const auto gate = std::make_shared<Gate>();
    const LookupFunction lookup = [gate](const std::string& host, IpFamily) {
        if (host == "hung") gate->pass();
        return HostLookup{{asio::ip::make_address("192.0.2.1")}, 0};
    };
    asio::io_context io(1);
    Resolver resolver(io.get_executor(), lookup);
    TaskGroup tasks(io.get_executor());
    std::vector<Answer> hung(100);
    for (Answer& answer : hung) {
        tasks.spawn(
            ask(resolver, "hung", IpFamily::any, BootClock::now() + milliseconds{50}, answer));
    }
    Answer other;
    tasks.spawn(ask(resolver, "other", IpFamily::any, BootClock::now() + seconds{20}, other));
    io.run();
    for (const Answer& answer : hung)
        EXPECT_EQ(answer.cause, Cause::timeout);
    EXPECT_EQ(other.addresses.size(), 1U);
    EXPECT_EQ(gate->entered, 1);
    gate->let_all_pass();
}

/// Names that begin with "dead" hang until the gate opens; all others answer at once.
LookupFunction dead_zone(std::shared_ptr<Gate> gate) {
    return [gate = std::move(gate)](const std::string& host, IpFamily) {
        if (host.starts_with("dead")) gate->pass();
        return HostLookup{{asio::ip::make_address("192.0.2.1")}, 0};
    };
}

std::string dead(unsigned i) {
    return "dead" + std::to_string(i) + ".invalid";
}

TEST(Resolver, HangingNamesDoNotKeepAHealthyNameWaiting) {
    for (const unsigned hanging : {40U, Resolver::kThreads + 100}) {
        const auto gate = std::make_shared<Gate>();
        asio::io_context io(1);
        Resolver resolver(io.get_executor(), dead_zone(gate));
        TaskGroup tasks(io.get_executor());
        Answer first;
        tasks.spawn(ask(resolver, "healthy", IpFamily::any, BootClock::now() + seconds{20}, first));
        io.run();
        EXPECT_EQ(first.addresses.size(), 1U);

        std::vector<Answer> answers(hanging);
        const Instant now = BootClock::now();
        for (unsigned i = 0; i < hanging; ++i) {
            tasks.spawn(ask(resolver, dead(i), IpFamily::any, now + milliseconds{200}, answers[i]));
        }
        // Behind all of them, when they have all the threads that they get.
        constexpr unsigned kTheirs = Resolver::kThreads - Resolver::kReserved;
        io.restart();
        while (gate->entered < static_cast<int>(std::min(hanging, kTheirs))) {
            ASSERT_LT(BootClock::now() - now, seconds{20});
            io.run_one_for(milliseconds{10});
        }
        Answer healthy;
        tasks.spawn(ask(resolver, "healthy", IpFamily::any, now + seconds{20}, healthy));
        while (!healthy.done) {
            ASSERT_LT(BootClock::now() - now, seconds{20});
            io.run_one();
        }
        EXPECT_EQ(healthy.addresses.size(), 1U);
        EXPECT_LT(BootClock::now() - now, seconds{10});
        EXPECT_LE(gate->entered, static_cast<int>(kTheirs));
        gate->let_all_pass();
        io.run();
    }
}

TEST(Resolver, ALookUpThatWaitsForAThreadBlamesNobody) {
    const auto gate = std::make_shared<Gate>();
    asio::io_context io(1);
    Resolver resolver(io.get_executor(), dead_zone(gate));
    TaskGroup tasks(io.get_executor());
    const Instant now = BootClock::now();
    std::vector<Answer> hung(Resolver::kThreads);
    for (unsigned i = 0; i < hung.size(); ++i)
        tasks.spawn(ask(resolver, dead(i), IpFamily::any, now + seconds{60}, hung[i]));
    Answer patient;
    Answer impatient;
    tasks.spawn(ask(resolver, "new", IpFamily::any, now + seconds{1}, patient));
    const auto limited = [](Resolver& all, Instant limit, Answer& answer) -> Awaitable<void> {
        try {
            answer.addresses =
                co_await all.resolve("other", IpFamily::any, limit - milliseconds{50}, limit);
        } catch (const ChannelError& error) {
            answer.cause = error.cause();
        }
        answer.done = true;
    };
    tasks.spawn(limited(resolver, now + milliseconds{1050}, impatient));
    while (!impatient.done)
        io.run_one();
    // Only the end of everything ends the wait, and then it is nobody's fault but ours.
    EXPECT_EQ(impatient.cause, Cause::internal);
    EXPECT_FALSE(patient.done);
    gate->let_all_pass();
    io.run();
    EXPECT_FALSE(patient.cause);
    EXPECT_EQ(patient.addresses.size(), 1U);
}

TEST(Resolver, NamesThatHungShareAPartOfTheThreadsUntilTheyAnswer) {
    const auto gate = std::make_shared<Gate>();
    asio::io_context io(1);
    std::atomic<int> slow = 0;
    // Every name hangs when it is asked first.
    const LookupFunction lookup = [gate, &slow](const std::string&, IpFamily) {
        if (++slow <= 100) {
            std::this_thread::sleep_for(Resolver::kPrompt + milliseconds{50});
        } else {
            gate->pass();
        }
        return HostLookup{{asio::ip::make_address("192.0.2.1")}, 0};
    };
    Resolver resolver(io.get_executor(), lookup);
    TaskGroup tasks(io.get_executor());
    std::vector<Answer> once(100);
    for (unsigned i = 0; i < once.size(); ++i) {
        tasks.spawn(ask(resolver, dead(i), IpFamily::any, BootClock::now() + seconds{60}, once[i]));
    }
    io.run();
    std::vector<Answer> twice(100);
    const Instant now = BootClock::now();
    for (unsigned i = 0; i < twice.size(); ++i)
        tasks.spawn(ask(resolver, dead(i), IpFamily::any, now + seconds{60}, twice[i]));
    Answer fresh;
    tasks.spawn(ask(resolver, "fresh", IpFamily::any, now + seconds{60}, fresh));
    io.restart();
    while (gate->entered < static_cast<int>(Resolver::kSuspects) + 1) {
        ASSERT_LT(BootClock::now() - now, seconds{30});
        io.run_one_for(milliseconds{10});
    }
    // The new name is asked although names that hung wait, and none of those begins beside it: were
    // they not held back, their threads would be there within milliseconds.
    io.run_for(milliseconds{500});
    EXPECT_EQ(gate->entered, static_cast<int>(Resolver::kSuspects) + 1);
    gate->let_all_pass();
    io.run();
    EXPECT_EQ(fresh.addresses.size(), 1U);
    for (const Answer& answer : twice)
        EXPECT_EQ(answer.addresses.size(), 1U);
}

TEST(HostName, OnlyANameThatOthersCanKnowIsTold) {
    for (const char* name : {"mx.example.org", "a-1.b.co", "MX.Example.ORG"})
        EXPECT_TRUE(is_public_name(name)) << name;
    for (const char* name : {"", "vm", "localhost", "localhost.localdomain", "nas.local", "a.lan",
                             "pc.home", "x.home.arpa", "192.0.2.1", "a..b", ".a.b", "a.b.", "-a.b",
                             "a-.b", "a b.c", "a_b.org", "x\r\nMAIL.org", "box.internal"})
        EXPECT_FALSE(is_public_name(name)) << name;
    EXPECT_FALSE(is_public_name(std::string(300, 'a') + ".org"));
    EXPECT_FALSE(is_public_name(std::string(64, 'a') + ".org"));
    const std::string known = known_host_name();
    EXPECT_TRUE(known.empty() || is_public_name(known));
}

}  // namespace
}  // namespace mailprobed
