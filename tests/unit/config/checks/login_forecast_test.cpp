// SPDX-License-Identifier: Apache-2.0
// The forecast of logins against a plan that is told of every mail, and against the budget.
#include "config/checks/login_forecast.hpp"

#include "probes/domain/plan/poll_plan.hpp"
#include "probes/domain/plan/schedule.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <random>
#include <vector>

namespace mailprobed {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

/// The busiest hour if no mail ever arrives: every mail is put before the plan, nothing is left
/// out. Only for intervals of at most an hour.
std::uint32_t plainly(const PollSettings& poll, const std::vector<ProbeSettings>& probes) {
    const Instant start{hours{1}};
    double mails_per_hour = 0;
    Duration longest{};
    for (const ProbeSettings& probe : probes) {
        mails_per_hour += 3600 / to_seconds(probe.interval);
        longest = std::max(longest, probe.deadline);
    }
    PollPlan plan(poll, mails_per_hour, longest);
    const Instant end = start + longest + hours{2};
    std::vector<AwaitedMail> mails;
    for (const ProbeSettings& probe : probes) {
        const TickGrid grid(probe.name, probe.interval, WallTime{}, start);
        for (Instant t = grid.next(start); t < end; t += probe.interval)
            mails.push_back({t, t + probe.deadline, t + probe.deadline + minutes{1}});
    }
    std::ranges::sort(mails, {}, &AwaitedMail::handed);
    std::vector<AwaitedMail> awaited;
    std::deque<Instant> window;
    std::size_t most = 0;
    std::size_t sent = 0;
    for (Instant now = start; now < end;) {
        const Instant look = awaited.empty() ? Instant::max() : plan.next(awaited, now);
        const Instant tick = sent < mails.size() ? mails[sent].handed : Instant::max();
        now = std::min(look, tick);
        if (now >= end) break;
        if (tick <= look) {
            awaited.push_back(mails[sent++]);
            continue;
        }
        window.push_back(now);
        while (window.front() <= now - hours{1})
            window.pop_front();
        most = std::max(most, window.size());
        plan.look_began(now);
        plan.look_ended(LookResult::complete, now, Duration{});
        std::erase_if(awaited, [now](const AwaitedMail& mail) { return mail.deadline <= now; });
    }
    return static_cast<std::uint32_t>(most);
}

LoginForecast forecast(const PollSettings& poll, const std::vector<ProbeSettings>& probes,
                       bool bounces = false) {
    std::vector<LookSource> sources;
    for (const ProbeSettings& probe : probes)
        sources.push_back({&probe, true, bounces});
    return forecast_logins(poll, sources);
}

ProbeSettings probe(const std::string& name, Duration interval, Duration deadline) {
    ProbeSettings result;
    result.name = name;
    result.interval = interval;
    result.deadline = deadline;
    return result;
}

TEST(LoginForecast, IsWhatThePlanDoesWhenToldOfEveryMail) {
    std::mt19937 random(7);  // NOLINT(cert-msc51-cpp): the same cases each time
    const auto pick = [&random](int least, int most) {
        return std::uniform_int_distribution<int>(least, most)(random);
    };
    for (int i = 0; i < 30; ++i) {
        PollSettings poll;
        poll.first = milliseconds{pick(500, 60'000)};
        poll.max = poll.first + seconds{pick(0, 300)};
        poll.growth = 1 + pick(5, 200) / 100.0;
        poll.logins_per_hour = i % 3 == 0 ? static_cast<std::uint32_t>(pick(1, 200)) : 0;
        std::vector<ProbeSettings> probes;
        for (int p = pick(1, 4); p > 0; --p) {
            probes.push_back(
                probe("p" + std::to_string(p), seconds{pick(20, 1200)}, seconds{pick(30, 1800)}));
        }
        EXPECT_EQ(forecast(poll, probes).logins, plainly(poll, probes)) << "case " << i;
    }
}

TEST(LoginForecast, MailsThatNeverArriveAreTheWorseCase) {
    // With five minutes between the ticks the looks of one mail do not serve the next.
    const auto lost = forecast({}, {probe("p", minutes{5}, minutes{5})});
    EXPECT_GT(lost.logins, 12U * 10);
    EXPECT_EQ(lost.least_gap, milliseconds{500});
}

TEST(LoginForecast, NeverExceedsTheBudgetAndUsesMostOfIt) {
    for (const std::uint32_t budget : {1U, 4U, 12U, 60U, 600U}) {
        PollSettings poll;
        poll.logins_per_hour = budget;
        const auto busy = forecast(poll, {probe("p", seconds{5}, minutes{5})}, true);
        EXPECT_LE(busy.logins, budget);
        EXPECT_GE(busy.logins, budget * 7 / 10);
    }
}

TEST(LoginForecast, MoreProbesMeanMoreLogins) {
    const auto one = forecast({}, {probe("a", minutes{10}, minutes{5})});
    const auto two =
        forecast({}, {probe("a", minutes{10}, minutes{5}), probe("b", minutes{10}, minutes{5})});
    EXPECT_GT(two.logins, one.logins);
}

TEST(LoginForecast, BouncesOfAProbeAreLookedForThreeTimes) {
    const ProbeSettings lone = probe("a", hours{24}, minutes{50});
    const LookSource source{&lone, false, true};
    const LoginForecast seen = forecast_logins({}, std::span(&source, 1));
    EXPECT_EQ(seen.logins, 3U);
    EXPECT_EQ(seen.least_gap, minutes{20});
}

TEST(LoginForecast, NothingToLookForIsNoLogin) {
    EXPECT_EQ(forecast_logins({}, {}).logins, 0U);
}

TEST(LoginForecast, ACutOffSimulationSaysSo) {
    PollSettings poll;
    poll.first = milliseconds{50};
    poll.growth = 1.05;
    const auto wild = forecast(poll, {probe("p", seconds{1}, hours{24})});
    EXPECT_TRUE(wild.at_least);
    EXPECT_GT(wild.logins, 3600U);
}

}  // namespace
}  // namespace mailprobed
