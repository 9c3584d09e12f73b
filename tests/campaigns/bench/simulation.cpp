// SPDX-License-Identifier: Apache-2.0
// A discrete-event simulation around the pure state machines; the watcher's loop is repeated here,
// because the real one owns sockets.
#include "tests/campaigns/bench/simulation.hpp"

#include "probes/domain/ledger/ledger.hpp"
#include "probes/domain/plan/poll_plan.hpp"
#include "probes/monitor/watcher.hpp"

#include <algorithm>
#include <cmath>
#include <deque>
#include <queue>
#include <random>

namespace mailprobed::bench {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr Duration kGreatestLead = milliseconds{300};  // from connect to the dot

enum class Happening : std::uint8_t { tick, handed, accepted };

struct Event {
    Instant at;
    Happening what = Happening::tick;
    /// The probe of a tick, else the mail.
    std::uint64_t who = 0;
    friend bool operator>(const Event& a, const Event& b) { return a.at > b.at; }
};

/// What is true of a mail, whatever the ledger thinks.
struct Truth {
    Instant started, handed, visible;
    bool fetched = false;
};

class Simulation {
  public:
    explicit Simulation(const Scenario& scenario)
        : scenario_(scenario),
          random_(scenario.seed),
          ledger_(std::chrono::hours{48}),
          plan_({.logins_per_hour = scenario.logins_per_hour},
                scenario.probes * 3600 / to_seconds(scenario.interval), scenario.deadline) {
        const MailboxIndex box = ledger_.add_mailbox();
        const Duration grace = default_grace(plan_.look_interval());
        for (std::uint32_t probe = 0; probe < scenario.probes; ++probe) {
            ledger_.add_probe({probe + 1, box, scenario.deadline, grace});
            events_.push({now_ + between(Duration{}, scenario.interval), Happening::tick, probe});
        }
    }

    SimulationResult run() {
        while (!events_.empty() || ledger_.totals().pending > 0)
            step();
        result_.mails = truths_.size();
        return std::move(result_);
    }

  private:
    double unit() { return static_cast<double>(random_() >> 11U) * 0x1.0p-53; }

    Duration between(Duration low, Duration high) {
        const double span = static_cast<double>((high - low).count());
        return low + Duration{std::llround(span * unit())};
    }

    Duration delay() {
        const auto low = static_cast<double>(scenario_.least_delay.count());
        const auto high = static_cast<double>(scenario_.greatest_delay.count());
        return Duration{std::llround(low * std::pow(high / low, unit()))};
    }

    void step() {
        Instant planned = Instant::max();
        const std::vector<AwaitedMail> awaited = ledger_.awaited(0);
        if (!awaited.empty()) planned = plan_.next(awaited, now_);
        const Instant wake = std::min(planned, ledger_.next_settlement(0).value_or(Instant::max()));
        if (!events_.empty() && events_.top().at <= wake) {
            pass_one();
            return;
        }
        now_ = std::max(now_, wake);
        if (planned <= now_) look(planned);
        take(ledger_.settle(0, now_), planned);
    }

    void pass_one() {
        const Event event = events_.top();
        events_.pop();
        now_ = std::max(now_, event.at);
        switch (event.what) {
            case Happening::tick:
                start(static_cast<ProbeIndex>(event.who));
                break;
            case Happening::handed:
                ledger_.handed(event.who, event.at);
                break;
            case Happening::accepted:
                take(ledger_.accepted(event.who), now_);
                break;
        }
    }

    void pass_until(Instant when) {
        while (!events_.empty() && events_.top().at <= when)
            pass_one();
        now_ = std::max(now_, when);
    }

    void start(ProbeIndex probe) {
        if (truths_.size() >= scenario_.mails) return;
        const MailId mail = truths_.size();
        Truth truth;
        truth.started = now_;
        truth.handed = now_ + between(milliseconds{20}, kGreatestLead);
        truth.visible = truth.handed + delay();
        truths_.push_back(truth);
        MailState state;
        state.mail = mail;
        state.started = now_;
        state.wall = WallTime{now_.time_since_epoch()};
        ledger_.start(probe, std::move(state));
        ledger_.connecting(mail, now_);
        events_.push({truth.handed, Happening::handed, mail});
        const Instant answered = truth.handed + between(milliseconds{5}, milliseconds{200});
        events_.push({answered, Happening::accepted, mail});
        events_.push({now_ + scenario_.interval, Happening::tick, probe});
    }

    /// Lets one step of a look pass; submissions go on meanwhile.
    void pass(Duration least, Duration most) {
        const int slowness = scenario_.slow_server ? 500 : 1;
        pass_until(now_ + between(least * slowness, most * slowness));
    }

    void look(Instant planned) {
        count_login();
        ledger_.look_began(0, now_);
        plan_.look_began(now_);
        pass(microseconds{100}, microseconds{400});
        const Instant login_at = now_;
        pass(microseconds{50}, microseconds{200});
        const std::vector<MailId> listed = visible_now();
        pass(microseconds{50}, microseconds{300});
        const Instant listed_at = now_;
        for (const MailId mail : listed) {
            truths_[mail].fetched = true;
            Sighting sighting;
            sighting.mail = mail;
            sighting.listed_at = listed_at;
            sighting.entries = {mail + 1};
            take(ledger_.sighted(0, sighting, now_), planned);
        }
        take(ledger_.look_ended(0, true, login_at, now_), planned);
        plan_.look_ended(LookResult::complete, now_, Duration::zero());
        last_login_ = login_at;
    }

    void count_login() {
        ++result_.looks;
        recent_.push_back(now_);
        while (recent_.front() <= now_ - std::chrono::hours{1})
            recent_.pop_front();
        result_.most_in_an_hour = std::max(result_.most_in_an_hour, recent_.size());
    }

    std::vector<MailId> visible_now() {
        std::vector<MailId> found;
        // Older ones are settled: nothing is delivered later than the greatest delay.
        while (oldest_ < truths_.size() && truths_[oldest_].fetched)
            ++oldest_;
        for (MailId mail = oldest_; mail < truths_.size(); ++mail) {
            if (!truths_[mail].fetched && truths_[mail].visible <= now_) found.push_back(mail);
        }
        return found;
    }

    void take(const Outcome& outcome, Instant planned) {
        for (const Judgement& judgement : outcome.judgements) {
            if (judgement.verdict != Verdict::delivered) continue;
            const Truth& truth = truths_[judgement.mail];
            const Duration width = judgement.upper - judgement.lower;
            Duration foreseen = planned - std::max(truth.handed, last_login_);
            if (scenario_.slow_server) foreseen += judgement.upper - planned;
            const bool inside =
                judgement.lower <= truth.visible && truth.visible <= judgement.upper;
            ++result_.delivered;
            if (inside) ++result_.inside;
            result_.uncertainty.push_back(to_seconds(width));
            result_.relative.push_back(to_seconds(width) /
                                       to_seconds(judgement.upper - truth.started));
            result_.error.push_back(to_seconds(judgement.upper - truth.visible));
            result_.excess.push_back(to_seconds(width - foreseen));
        }
    }

    Scenario scenario_;
    std::mt19937_64 random_;
    Ledger ledger_;
    PollPlan plan_;
    Instant now_{std::chrono::hours{1}};
    Instant last_login_ = Instant::min();
    std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
    /// By mail.
    std::vector<Truth> truths_;
    MailId oldest_ = 0;
    std::deque<Instant> recent_;
    SimulationResult result_;
};

}  // namespace

SimulationResult simulate(const Scenario& scenario) {
    return Simulation(scenario).run();
}

}  // namespace mailprobed::bench
