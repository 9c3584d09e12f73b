// SPDX-License-Identifier: Apache-2.0
// Arithmetic of the poll plan.
#include "probes/domain/plan/poll_plan.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace mailprobed {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

Duration scaled(Duration d, double by) noexcept {
    return Duration{static_cast<Duration::rep>(static_cast<double>(d.count()) * by)};
}

/// The growth at which the looks of one mail, geometric from `first` to `wait`, fit its share of
/// the budget: a mail that may have n looks gets them where they tell most, not all at once.
double affordable_growth(const PollSettings& settings, double mails_per_hour, Duration wait) {
    if (settings.logins_per_hour == 0 || mails_per_hour <= 0 || wait <= settings.first) {
        return settings.growth;
    }
    // One of the looks is the one at the deadline.
    const double looks = std::max(1.0, settings.logins_per_hour / mails_per_hour - 1.0);
    const double needed = std::pow(to_seconds(wait) / to_seconds(settings.first), 1.0 / looks);
    return std::max(settings.growth, needed);
}

}  // namespace

PollPlan::PollPlan(const PollSettings& settings, double mails_per_hour,
                   Duration longest_wait) noexcept
    : settings_(settings), growth_(affordable_growth(settings, mails_per_hour, longest_wait)) {
    if (settings.logins_per_hour == 0) return;
    const double budget = settings.logins_per_hour;
    capacity_ = std::max(1.0, std::floor(budget / 4));
    // With a budget of one the bucket is all there is: it refills once an hour.
    const double refill = std::max(budget - capacity_, 1.0);
    token_time_ = scaled(hours{1}, 1.0 / refill);
    tokens_ = capacity_;
}

void PollPlan::adopt(const PollSettings& settings, double mails_per_hour, Duration longest_wait,
                     Instant now) noexcept {
    const double left = logins_available(now);
    const PollPlan fresh(settings, mails_per_hour, longest_wait);
    settings_ = fresh.settings_;
    growth_ = fresh.growth_;
    capacity_ = fresh.capacity_;
    token_time_ = fresh.token_time_;
    tokens_ = std::min(left, capacity_);
    refilled_ = now;
}

Instant PollPlan::due(const AwaitedMail& mail) const noexcept {
    Instant when;
    if (last_look_ < mail.handed) {
        when = mail.handed + settings_.first;
    } else {
        // Proportional to the age at the last look: (U - L) / latency < growth - 1 at any age.
        const Duration age = last_look_ - mail.handed;
        const Duration wanted = std::clamp(scaled(age, settings_.growth - 1), settings_.first,
                                           std::max(settings_.max, settings_.first));
        // The budget stretches that, but never beyond the even spacing that always fits it.
        const Duration afforded = std::min(scaled(age, growth_ - 1), token_time_);
        when = last_look_ + std::max(wanted, afforded);
    }
    if (last_look_ < mail.deadline) return std::min(when, mail.deadline);
    // The look at the deadline was no use: several more tries fit into the grace.
    const Duration retry = (mail.grace_end - mail.deadline) / 8;
    return std::min(when, last_look_ + std::max(retry, settings_.first));
}

double PollPlan::logins_available(Instant now) const noexcept {
    if (capacity_ <= 0) return std::numeric_limits<double>::infinity();
    return std::min(capacity_, tokens_ + to_seconds(now - refilled_) / to_seconds(token_time_));
}

Instant PollPlan::allowed(Instant now) const noexcept {
    Instant when = std::max({now, not_before_, held_until_});
    if (login_delay_ > Duration::zero() && last_login_ != Instant::min()) {
        when = std::max(when, last_login_ + login_delay_);
    }
    if (capacity_ > 0) {
        const double have = logins_available(now);
        if (have < 1) when = std::max(when, now + scaled(token_time_, 1 - have));
    }
    return when;
}

Instant PollPlan::next(std::span<const AwaitedMail> awaited, Instant now) const noexcept {
    return next(awaited, {}, now);
}

Instant PollPlan::next(std::span<const AwaitedMail> awaited, std::span<const Instant> extra,
                       Instant now) const noexcept {
    Instant earliest = Instant::max();
    for (const AwaitedMail& mail : awaited)
        earliest = std::min(earliest, due(mail));
    for (const Instant wanted : extra) {
        if (wanted > last_look_) earliest = std::min(earliest, wanted);
    }
    return std::max(earliest, allowed(now));
}

void PollPlan::refill(Instant at) noexcept {
    if (capacity_ <= 0) return;
    // The first look starts the account; before it the bucket is full.
    if (refilled_ == Instant{}) refilled_ = at;
    tokens_ = logins_available(at);
    refilled_ = at;
}

void PollPlan::look_began(Instant at) noexcept {
    refill(at);
    tokens_ = std::max(0.0, tokens_ - 1);
    last_look_ = at;
}

void PollPlan::look_ended(LookResult result, Instant at,
                          std::optional<Duration> login_delay) noexcept {
    if (login_delay) {
        login_delay_ = std::max(std::min(*login_delay, kLongestLoginDelay),
                                result == LookResult::complete ? Duration{} : login_delay_);
        // LOGIN-DELAY counts from the server's +OK, which came before the look ended.
        last_login_ = at;
    }
    switch (result) {
        case LookResult::complete:
        case LookResult::failed:
            refusals_ = 0;
            break;
        case LookResult::transient:
        case LookResult::busy:
            // Somebody reads the mailbox; they will be done soon or late, so ask ever more seldom.
            refusals_ = std::min(refusals_ + 1, 6U);
            not_before_ =
                at + std::min<Duration>(settings_.max, seconds{1} * (1U << refusals_) / 2);
            break;
        case LookResult::login_delay: {
            // The server counts from a login it knows of; some count the refused try as well.
            refusals_ = std::min(refusals_ + 1, 6U);
            const Duration guess =
                std::max<Duration>(login_delay_, seconds{10} * (1U << refusals_));
            not_before_ = at + std::min<Duration>(guess, minutes{15});
            break;
        }
    }
}

Duration PollPlan::least_gap() const noexcept {
    return std::max({settings_.first, login_delay_, token_time_});
}

Duration PollPlan::look_interval() const noexcept {
    return std::max({settings_.max, login_delay_, token_time_});
}

}  // namespace mailprobed
