// SPDX-License-Identifier: Apache-2.0
// One timer a session: deadlines move for free, and a passed one is never missed.
#include "probes/net/watchdog.hpp"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

namespace mailprobed {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(Watchdog, FiresOnceWhenTheDeadlinePasses) {
    asio::io_context io(1);
    int fired = 0;
    Watchdog dog(io.get_executor(), [&] { ++fired; });
    dog.expect_by(BootClock::now() + milliseconds{1});
    io.run();
    EXPECT_EQ(fired, 1);
    EXPECT_TRUE(dog.expired());
}

TEST(Watchdog, ALaterDeadlineReplacesAnEarlierOne) {
    asio::io_context io(1);
    Instant fired_at;
    Watchdog dog(io.get_executor(), [&] { fired_at = BootClock::now(); });
    const Instant deadline = BootClock::now() + milliseconds{60};
    dog.expect_by(BootClock::now() + milliseconds{1});
    dog.expect_by(deadline);
    io.run();
    EXPECT_GE(fired_at, deadline);
}

TEST(Watchdog, AnEarlierDeadlineDoesNotWaitForTheTimerThatIsArmed) {
    asio::io_context io(1);
    bool fired = false;
    Watchdog dog(io.get_executor(), [&] { fired = true; });
    dog.expect_by(BootClock::now() + seconds{600});
    dog.expect_by(BootClock::now() + milliseconds{1});
    io.run_for(seconds{10});
    EXPECT_TRUE(fired);
}

TEST(Watchdog, ANewDeadlineForgetsThatTheLastOnePassed) {
    asio::io_context io(1);
    int fired = 0;
    Watchdog dog(io.get_executor(), [&] { ++fired; });
    dog.expect_by(BootClock::now() - seconds{1});
    io.run();
    dog.expect_by(BootClock::now() + milliseconds{1});
    EXPECT_FALSE(dog.expired());
    io.restart();
    io.run();
    EXPECT_EQ(fired, 2);
}

TEST(Watchdog, AGoneOwnerIsNotCalled) {
    asio::io_context io(1);
    bool fired = false;
    {
        Watchdog dog(io.get_executor(), [&] { fired = true; });
        dog.expect_by(BootClock::now() - seconds{1});
        io.run_one_for(milliseconds{0});
    }
    fired = false;
    io.run();
    EXPECT_FALSE(fired);
}

}  // namespace
}  // namespace mailprobed
