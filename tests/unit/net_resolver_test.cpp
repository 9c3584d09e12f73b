// SPDX-License-Identifier: Apache-2.0
// Look-ups never outwait their deadline, and a hung name takes one thread however often it is
// asked.
#include "probes/net/boot_clock.hpp"
#include "probes/net/channel.hpp"
#include "probes/net/resolver.hpp"
#include "probes/net/task_group.hpp"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <netdb.h>

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

}  // namespace
}  // namespace mailprobed
