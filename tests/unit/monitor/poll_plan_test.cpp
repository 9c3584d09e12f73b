// SPDX-License-Identifier: Apache-2.0
// When the plan looks: geometric in a mail's age, at the deadline, within what the server allows.
#include "probes/domain/plan/poll_plan.hpp"

#include "probes/monitor/watcher.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <deque>

namespace mailprobed {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

const Instant kNow{hours{1}};

AwaitedMail mail(Instant handed, Duration deadline = minutes{5}, Duration grace = minutes{1}) {
    return {handed, handed + deadline, handed + deadline + grace};
}

/// Plays the plan against one mail that never comes; returns the instants of its looks.
std::vector<Instant> looks(PollPlan& plan, const AwaitedMail& awaited, Instant until) {
    std::vector<Instant> result;
    Instant now = awaited.handed;
    for (;;) {
        now = plan.next(std::span(&awaited, 1), now);
        if (now > until) return result;
        plan.look_began(now);
        plan.look_ended(LookResult::complete, now + milliseconds{5}, Duration{});
        result.push_back(now);
    }
}

TEST(PollPlan, GapsStayAFractionOfTheAge) {
    PollPlan plan({}, 60, minutes{5});
    const auto at = looks(plan, mail(kNow), kNow + minutes{5});
    ASSERT_GT(at.size(), 5U);
    EXPECT_EQ(at.front(), kNow + milliseconds{500});
    for (std::size_t i = 1; i < at.size(); ++i) {
        const Duration gap = at[i] - at[i - 1];
        const Duration age = at[i - 1] - kNow;
        EXPECT_LE(gap, std::max<Duration>(milliseconds{500}, age / 2)) << i;
        EXPECT_LE(gap, seconds{60});
    }
    EXPECT_LT(at.size(), 25U) << "logins must stay few";
}

TEST(PollPlan, LooksExactlyAtTheDeadline) {
    PollPlan plan({}, 60, minutes{5});
    const auto at = looks(plan, mail(kNow), kNow + minutes{6});
    EXPECT_NE(std::ranges::find(at, kNow + minutes{5}), at.end());
}

TEST(PollPlan, TriesSeveralTimesWithinTheGrace) {
    PollPlan plan({}, 60, minutes{5});
    const AwaitedMail awaited = mail(kNow);
    const auto at = looks(plan, awaited, awaited.grace_end);
    EXPECT_GE(std::ranges::count_if(at, [&](Instant t) { return t >= awaited.deadline; }), 4);
}

TEST(PollPlan, AYoungMailMakesItLookOftenAgain) {
    PollPlan plan({}, 60, minutes{5});
    const AwaitedMail old = mail(kNow);
    looks(plan, old, kNow + minutes{4});
    const Instant young_handed = kNow + minutes{4};
    const std::vector<AwaitedMail> both{old, mail(young_handed)};
    EXPECT_LE(plan.next(both, young_handed), young_handed + milliseconds{500});
}

TEST(PollPlan, TheBudgetHoldsInEveryHour) {
    for (const unsigned budget : {1U, 12U, 60U, 600U}) {
        PollSettings settings;
        settings.logins_per_hour = budget;
        PollPlan plan(settings, 3600, minutes{5});
        std::deque<Instant> window;
        std::size_t most = 0;
        Instant now = kNow;
        while (now < kNow + hours{10}) {
            // A mail every second: there always is a reason to look.
            const std::vector<AwaitedMail> awaited{mail(now - milliseconds{500})};
            now = plan.next(awaited, now);
            plan.look_began(now);
            plan.look_ended(LookResult::complete, now, Duration{});
            window.push_back(now);
            while (window.front() <= now - hours{1})
                window.pop_front();
            most = std::max(most, window.size());
            now += milliseconds{1};
        }
        EXPECT_LE(most, budget) << budget;
        EXPECT_GE(most, budget * 7 / 10) << "the budget must be used: " << budget;
    }
}

TEST(PollPlan, ASmallBudgetSpreadsTheLooksOfAMail) {
    PollSettings settings;
    settings.logins_per_hour = 60;
    PollPlan plan(settings, 12, minutes{5});  // five looks a mail
    PollPlan free({}, 12, minutes{5});
    const auto with_budget = looks(plan, mail(kNow), kNow + minutes{5});
    const auto without = looks(free, mail(kNow), kNow + minutes{5});
    EXPECT_LE(with_budget.size() * 2, without.size());
    EXPECT_EQ(with_budget.front(), without.front()) << "the first look tells most";
    EXPECT_EQ(with_budget.back(), kNow + minutes{5});
}

TEST(PollPlan, A2_08_LoginDelayOfTheServerIsKept) {
    PollPlan plan({}, 60, minutes{5});
    const AwaitedMail awaited = mail(kNow);
    plan.look_began(kNow + seconds{1});
    plan.look_ended(LookResult::complete, kNow + seconds{2}, minutes{2});
    // The login was somewhere within the look; only its end is certainly after it.
    EXPECT_GE(plan.next(std::span(&awaited, 1), kNow + seconds{3}), kNow + seconds{2} + minutes{2});
    EXPECT_GE(plan.least_gap(), minutes{2});
}

TEST(PollPlan, ALoginDelayIsBelievedForAnHourAtMost) {
    PollPlan plan({}, 60, minutes{5});
    plan.look_began(kNow);
    // The longest that CAPA can say: 136 years.
    plan.look_ended(LookResult::complete, kNow, seconds{4'294'967'295});
    const AwaitedMail awaited = mail(kNow);
    EXPECT_EQ(plan.next(std::span(&awaited, 1), kNow), kNow + hours{1});
    EXPECT_LE(plan.look_interval(), hours{1});
    EXPECT_LE(plan.least_gap(), hours{1});
    EXPECT_LE(default_grace(plan.look_interval()), hours{2}) << "or no mail is judged";
    // Nor does a look that fails keep more.
    plan.look_ended(LookResult::failed, kNow, seconds{4'294'967'295});
    EXPECT_EQ(plan.next(std::span(&awaited, 1), kNow), kNow + hours{1});
}

TEST(PollPlan, RefusalsStretchThePlanAndSuccessEndsThat) {
    for (const LookResult refusal : {LookResult::busy, LookResult::transient}) {
        PollPlan plan({}, 60, minutes{5});
        const AwaitedMail awaited = mail(kNow, hours{1});
        Instant now = kNow + seconds{1};
        Duration previous{};
        for (int i = 0; i < 5; ++i) {
            plan.look_began(now);
            plan.look_ended(refusal, now, Duration{});
            const Instant next = plan.next(std::span(&awaited, 1), now);
            EXPECT_GE(next - now, previous);
            previous = next - now;
            now = next;
        }
        EXPECT_GE(previous, seconds{8});
        plan.look_began(now);
        plan.look_ended(LookResult::complete, now, Duration{});
        const AwaitedMail young = mail(now);
        EXPECT_LE(plan.next(std::span(&young, 1), now) - now, seconds{1});
    }
}

TEST(PollPlan, ATroubledServerIsAskedMoreSeldomThanABrokenConnectionIsRetried) {
    const AwaitedMail awaited = mail(kNow, hours{1});
    const auto tries = [&](LookResult result) {
        PollPlan plan({}, 60, hours{1});
        int looks = 0;
        for (Instant now = plan.next(std::span(&awaited, 1), kNow); now < kNow + seconds{20};
             now = plan.next(std::span(&awaited, 1), now)) {
            plan.look_began(now);
            plan.look_ended(result, now, Duration{});
            ++looks;
        }
        return looks;
    };
    EXPECT_LT(tries(LookResult::transient), tries(LookResult::failed));
}

TEST(PollPlan, ARefusalAfterTheLoginKeepsLoginDelay) {
    PollPlan plan({}, 60, minutes{5});
    const AwaitedMail awaited = mail(kNow);
    plan.look_began(kNow + seconds{1});
    plan.look_ended(LookResult::transient, kNow + seconds{2}, minutes{2});
    EXPECT_GE(plan.next(std::span(&awaited, 1), kNow + seconds{3}), kNow + seconds{2} + minutes{2});
}

TEST(PollPlan, ALookWithoutALoginStartsNoDelay) {
    const AwaitedMail awaited = mail(kNow, hours{1});
    for (const LookResult result : {LookResult::failed, LookResult::transient, LookResult::busy}) {
        PollPlan plan({}, 60, hours{1});
        plan.look_began(kNow + seconds{1});
        plan.look_ended(LookResult::complete, kNow + seconds{1}, minutes{2});
        const Instant allowed = kNow + seconds{1} + minutes{2};
        // Two minutes later the server cannot be reached, or refuses the login.
        plan.look_began(allowed);
        plan.look_ended(result, allowed, std::nullopt);
        EXPECT_LT(plan.next(std::span(&awaited, 1), allowed), allowed + minutes{2});
        // What it announced before is still known.
        EXPECT_GE(plan.least_gap(), minutes{2});
    }
}

TEST(PollPlan, AHoldDelaysEvenTheLookAtTheDeadlineAndEndsWhenLifted) {
    PollPlan plan({}, 60, minutes{5});
    const AwaitedMail awaited = mail(kNow);
    const std::vector<Instant> extra{kNow + seconds{30}};
    plan.hold_until(kNow + minutes{40});
    EXPECT_EQ(plan.next(std::span(&awaited, 1), kNow), kNow + minutes{40});
    EXPECT_EQ(plan.next({}, extra, kNow), kNow + minutes{40});
    plan.hold_until(kNow + minutes{10});
    EXPECT_EQ(plan.next(std::span(&awaited, 1), kNow), kNow + minutes{10});
    plan.hold_until(Instant::min());
    EXPECT_EQ(plan.next(std::span(&awaited, 1), kNow), kNow + milliseconds{500});
    // A hold is no property of the server: it must not lengthen what grace is derived from.
    PollPlan held({}, 60, minutes{5});
    held.hold_until(kNow + hours{4});
    EXPECT_EQ(held.look_interval(), plan.look_interval());
    EXPECT_EQ(held.least_gap(), plan.least_gap());
}

TEST(PollPlan, AHeldMailboxUsesUpNothingOfItsBudget) {
    PollSettings settings;
    settings.logins_per_hour = 12;
    PollPlan plan(settings, 60, minutes{5});
    const double before = plan.logins_available(kNow);
    plan.hold_until(kNow + hours{1});
    EXPECT_EQ(plan.next(std::vector{mail(kNow)}, kNow), kNow + hours{1});
    EXPECT_EQ(plan.logins_available(kNow), before);
}

TEST(PollPlan, WantedLooksComeAtTheirInstantsAndOnceEach) {
    PollPlan plan({}, 60, minutes{5});
    const std::vector<Instant> extra{kNow + seconds{30}, kNow + seconds{150}, kNow + seconds{300}};
    std::vector<Instant> looked;
    for (Instant now = kNow;;) {
        now = plan.next({}, extra, now);
        if (now == Instant::max()) break;
        ASSERT_LT(looked.size(), 10U);
        plan.look_began(now);
        // That it failed is no reason for another: no verdict waits for it.
        plan.look_ended(LookResult::failed, now + milliseconds{5}, Duration{});
        looked.push_back(now);
    }
    EXPECT_EQ(looked, extra);
}

TEST(PollPlan, ALookForAMailServesWantedLooksBeforeIt) {
    PollPlan plan({}, 60, minutes{5});
    const std::vector<Instant> extra{kNow + seconds{1}, kNow + seconds{30}};
    plan.look_began(kNow + seconds{2});
    plan.look_ended(LookResult::complete, kNow + seconds{2}, Duration{});
    EXPECT_EQ(plan.next({}, extra, kNow + seconds{3}), kNow + seconds{30});
    // What a mail wants is not put off by what is wanted later.
    const std::vector<AwaitedMail> young{mail(kNow + seconds{3})};
    EXPECT_EQ(plan.next(young, extra, kNow + seconds{3}), kNow + milliseconds{3500});
}

TEST(PollPlan, WantedLooksStayInsideTheBudget) {
    PollSettings settings;
    settings.logins_per_hour = 12;
    PollPlan plan(settings, 1, minutes{5});
    std::size_t looks = 0;
    Instant now = kNow;
    while (now < kNow + hours{1}) {
        const std::vector<Instant> extra{now};
        now = plan.next({}, extra, now);
        if (now >= kNow + hours{1}) break;
        plan.look_began(now);
        plan.look_ended(LookResult::complete, now, Duration{});
        ++looks;
        now += milliseconds{1};
    }
    EXPECT_LE(looks, 12U);
    EXPECT_GE(looks, 8U);
}

TEST(PollPlan, TheStateOfTheBudgetIsToldAsLoginsLeft) {
    EXPECT_TRUE(std::isinf(PollPlan({}, 60, minutes{5}).logins_available(kNow)));
    PollSettings settings;
    settings.logins_per_hour = 60;
    PollPlan plan(settings, 60, minutes{5});
    EXPECT_DOUBLE_EQ(plan.logins_available(kNow), 15);
    for (int i = 0; i < 15; ++i) {
        plan.look_began(kNow);
        plan.look_ended(LookResult::complete, kNow, Duration{});
    }
    EXPECT_DOUBLE_EQ(plan.logins_available(kNow), 0);
    EXPECT_NEAR(plan.logins_available(kNow + minutes{10}), 7.5, 1e-6);
    EXPECT_DOUBLE_EQ(plan.logins_available(kNow + hours{10}), 15) << "never more than the bucket";
}

TEST(PollPlan, ASuspendOfAnHourIsOneLookAndNotABurst) {
    PollSettings settings;
    settings.logins_per_hour = 60;
    PollPlan plan(settings, 60, hours{3});
    const AwaitedMail awaited = mail(kNow, hours{3});
    looks(plan, awaited, kNow + minutes{5});
    const Instant awake = kNow + minutes{5} + hours{1};
    EXPECT_EQ(plan.next(std::span(&awaited, 1), awake), awake);
    plan.look_began(awake);
    plan.look_ended(LookResult::complete, awake + milliseconds{5}, Duration{});
    EXPECT_GE(plan.next(std::span(&awaited, 1), awake + milliseconds{5}) - awake, seconds{30});
    EXPECT_LE(plan.logins_available(awake), 15) << "time asleep saves up no more than a bucket";
}

TEST(PollPlan, AFirstLookLaterThanTheMostIsNoTrap) {
    PollSettings settings;
    settings.first = seconds{120};
    settings.max = seconds{60};
    PollPlan plan(settings, 60, minutes{5});
    EXPECT_GT(looks(plan, mail(kNow), kNow + minutes{5}).size(), 0U);
}

}  // namespace
}  // namespace mailprobed
