// SPDX-License-Identifier: Apache-2.0
// The simulation. Of all mails that are awaited only three decide when to look next, so that
// thousands of probes cost no more than one.
#include "config/checks/login_forecast.hpp"

#include "probes/domain/plan/poll_plan.hpp"
#include "probes/domain/plan/schedule.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <functional>
#include <optional>
#include <queue>
#include <set>
#include <utility>
#include <vector>

namespace mailprobed {

namespace {

using std::chrono::hours;

constexpr std::uint32_t kMostTicks = 100'000;
constexpr std::uint32_t kMostLooks = 50'000;
/// Bounces are looked for at these parts of a mail's deadline.
constexpr double kBounceLooks[] = {0.1, 0.5, 1.0};

template <class T>
using Earliest = std::priority_queue<T, std::vector<T>, std::greater<>>;

class Simulation {
  public:
    Simulation(const PollSettings& poll, std::span<const LookSource> sources, bool arrives)
        : sources_(sources), arrives_(arrives), plan_(plan_for(poll, sources)) {
        Duration longest{};
        for (std::size_t i = 0; i < sources.size(); ++i) {
            const ProbeSettings& probe = *sources[i].probe;
            longest = std::max(longest, probe.deadline);
            // Long intervals all start at once: the hour in which they meet is what matters.
            const TickGrid grid(probe.name, probe.interval, WallTime{}, kStart);
            ticks_.emplace(probe.interval <= hours{1} ? grid.next(kStart) : kStart, i);
        }
        end_ = kStart + std::min<Duration>(longest, hours{24}) + hours{2};
    }

    LoginForecast run() {
        while (now_ < end_ && !result_.at_least) {
            const Instant look = next_look();
            const Instant tick = ticks_.top().first;
            now_ = std::min(look, tick);
            if (now_ >= end_) break;
            if (tick <= look) {
                send();
            } else {
                log_in();
            }
        }
        return result_;
    }

  private:
    static constexpr Instant kStart{hours{1}};

    static PollPlan plan_for(const PollSettings& poll, std::span<const LookSource> sources) {
        double mails_per_hour = 0;
        Duration longest{};
        for (const LookSource& source : sources) {
            if (!source.arrivals) continue;
            mails_per_hour += 3600 / to_seconds(source.probe->interval);
            longest = std::max(longest, source.probe->deadline);
        }
        return {poll, mails_per_hour, longest};
    }

    /// The mail not looked for yet, the youngest that was, the first deadline: for all others the
    /// plan wants to look later than for one of these.
    Instant next_look() const {
        std::array<AwaitedMail, 3> awaited{};
        std::size_t count = 0;
        if (fresh_) awaited[count++] = as_awaited(*fresh_);
        if (!known_.empty()) awaited[count++] = as_awaited(*known_.rbegin());
        if (!deadlines_.empty()) {
            const auto& [deadline, handed] = deadlines_.top();
            awaited[count++] = as_awaited({handed, deadline});
        }
        const Instant wanted = wanted_.empty() ? Instant::min() : wanted_.top();
        return plan_.next(std::span(awaited).first(count),
                          std::span(&wanted, wanted_.empty() ? 0U : 1U), now_);
    }

    using Mail = std::pair<Instant, Instant>;  // handed, deadline
    static AwaitedMail as_awaited(const Mail& mail) {
        return {mail.first, mail.second, mail.second + std::chrono::minutes{1}};
    }

    void send() {
        const auto [tick, index] = ticks_.top();
        ticks_.pop();
        const LookSource& source = sources_[index];
        const Duration deadline = source.probe->deadline;
        ticks_.emplace(tick + source.probe->interval, index);
        result_.at_least = ++sent_ >= kMostTicks;
        if (source.arrivals) {
            if (!fresh_) fresh_ = Mail{tick, tick + deadline};
            since_look_.emplace_back(tick, tick + deadline);
            deadlines_.emplace(tick + deadline, tick);
        }
        if (source.bounces && !arrives_) {
            for (const double part : kBounceLooks) {
                wanted_.push(tick + Duration{static_cast<Duration::rep>(
                                        static_cast<double>(deadline.count()) * part)});
            }
        }
    }

    void log_in() {
        if (!hour_.empty()) result_.least_gap = std::min(result_.least_gap, now_ - hour_.back());
        hour_.push_back(now_);
        while (hour_.front() <= now_ - hours{1})
            hour_.pop_front();
        result_.logins = std::max(result_.logins, static_cast<std::uint32_t>(hour_.size()));
        result_.at_least = ++looks_ >= kMostLooks;
        plan_.look_began(now_);
        plan_.look_ended(LookResult::complete, now_, Duration{});
        while (!wanted_.empty() && wanted_.top() <= now_)
            wanted_.pop();
        if (arrives_) {
            deadlines_ = {};
        } else {
            known_.insert(since_look_.begin(), since_look_.end());
        }
        since_look_.clear();
        fresh_.reset();
        while (!deadlines_.empty() && deadlines_.top().first <= now_) {
            const auto [deadline, handed] = deadlines_.top();
            known_.erase(known_.find({handed, deadline}));
            deadlines_.pop();
        }
    }

    std::span<const LookSource> sources_;
    bool arrives_;
    PollPlan plan_;
    Instant now_ = kStart;
    Instant end_;
    /// The next tick of each source.
    Earliest<std::pair<Instant, std::size_t>> ticks_;
    std::optional<Mail> fresh_;
    std::vector<Mail> since_look_;
    std::multiset<Mail> known_;
    /// Deadlines with the instant at which the mail was handed.
    Earliest<Mail> deadlines_;
    Earliest<Instant> wanted_;
    std::deque<Instant> hour_;
    std::uint32_t sent_ = 0;
    std::uint32_t looks_ = 0;
    LoginForecast result_;
};

}  // namespace

LoginForecast forecast_logins(const PollSettings& poll, std::span<const LookSource> sources) {
    if (sources.empty()) return {};
    const LoginForecast never = Simulation(poll, sources, false).run();
    const LoginForecast at_once = Simulation(poll, sources, true).run();
    LoginForecast worse;
    worse.logins = std::max(never.logins, at_once.logins);
    worse.least_gap = std::min(never.least_gap, at_once.least_gap);
    worse.at_least = never.at_least || at_once.at_least;
    return worse;
}

}  // namespace mailprobed
