// SPDX-License-Identifier: Apache-2.0
// How long a mail is left alone that a second daemon with our instance and key sent.
#include "probes/monitor/context.hpp"
#include "probes/net/crypto.hpp"
#include "tests/support/some_facts.hpp"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

namespace mailprobed {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr WallTime kNow{hours{500'000}};
constexpr Instant kBoot{hours{1}};

class OtherDaemonTest : public testing::Test {
  protected:
    OtherDaemonTest() {
        context.ledger.add_mailbox();
        context.ledger.add_probe({1, 0, minutes{10}, minutes{5}});
        context.ledger.add_probe({2, 0, minutes{30}, minutes{15}});
    }

    static MonitorDependencies needs(asio::io_context& io, Journal& journal, Observer& observer) {
        MonitorDependencies result{io.get_executor(), journal,   observer, {},
                                   hmac_sha256,       random_u64};
        result.run = 7;
        result.restored.runs = {{5, kNow - days{1}}};
        return result;
    }
    static std::shared_ptr<const Settings> settings() {
        auto result = std::make_shared<Settings>();
        result->tag_key = Secret(std::string(32, 'k'));
        return result;
    }
    void clock_went(Duration unset, WallTime wall = kNow) {
        context.wall.read(kBoot, wall - unset);
        context.wall.read(kBoot + unset, wall);
    }
    [[nodiscard]] bool left_alone(std::uint32_t run, Duration age) const {
        Tag tag;
        tag.run = run;
        tag.sent_ms = static_cast<std::uint64_t>(
            std::chrono::floor<milliseconds>((kNow - age).time_since_epoch()).count());
        return is_of_other_daemon(context, tag);
    }

    asio::io_context io;
    MemoryJournal journal;
    test::NoFacts observer;
    Context context{settings(), needs(io, journal, observer)};
};

TEST_F(OtherDaemonTest, ItIsLeftAloneUntilNobodyAwaitsItAndAnHourLonger) {
    clock_went(minutes{5});
    EXPECT_TRUE(left_alone(9, seconds{0}));
    EXPECT_TRUE(left_alone(9, minutes{45} + hours{1}));
    EXPECT_FALSE(left_alone(9, minutes{45} + hours{1} + seconds{1}));
    EXPECT_TRUE(left_alone(9, -days{1})) << "sent by a clock that is ahead";
}

TEST_F(OtherDaemonTest, AClockThatWasJustSetMakesNoMailOld) {
    clock_went(minutes{4});
    EXPECT_TRUE(left_alone(9, days{3}));
    clock_went(minutes{5});
    EXPECT_FALSE(left_alone(9, days{3}));
    context.wall.read(kBoot + minutes{6}, kNow + days{40});
    EXPECT_TRUE(left_alone(9, days{3}));
}

TEST_F(OtherDaemonTest, MailsOfOwnRunsAndOfVersionsThatNamedNoneAreOurs) {
    clock_went(minutes{5});
    EXPECT_FALSE(left_alone(7, seconds{0}));
    EXPECT_FALSE(left_alone(0, seconds{0}));
    EXPECT_FALSE(left_alone(5, days{1}));
    EXPECT_TRUE(left_alone(5, seconds{0})) << "the run was over: a copy of this machine goes on";
}

}  // namespace
}  // namespace mailprobed
