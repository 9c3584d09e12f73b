// SPDX-License-Identifier: Apache-2.0
// The run that is judged: thousands of mails through the embedded server with mixed faults. Leaves
// loopback.jsonl, history.jsonl, strangers.jsonl and settings.json in a folder for judge.py.
#include "probes/monitor/monitor.hpp"
#include "probes/net/boot_clock.hpp"
#include "probes/net/crypto.hpp"
#include "probes/net/task_group.hpp"
#include "tests/campaigns/accounting/scene.hpp"
#include "tests/campaigns/accounting/strangers.hpp"
#include "tests/campaigns/accounting/witness.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>

#include <atomic>
#include <charconv>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <mutex>
#include <thread>

namespace mailprobed::accounting {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr auto kTick = milliseconds{100};
/// When the loop or the server answers later than this, mails start more slowly: what takes
/// milliseconds shall never come near the seconds it has.
constexpr auto kLate = milliseconds{80};
constexpr unsigned kTicksBetweenLessons = 5;
/// At most so many times the mails that were asked for.
constexpr double kMost = 3.5;
/// So many times in all the server cuts all sessions of one protocol in mid-sentence.
constexpr unsigned kCuts = 20;
constexpr auto kTooLong = seconds{500};

/// A port of which the kernel says that nobody listens.
class DeadPort {
  public:
    explicit DeadPort(asio::io_context& io)
        : socket_(io, asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), 0)) {}
    [[nodiscard]] std::uint16_t number() const { return socket_.local_endpoint().port(); }

  private:
    asio::ip::tcp::socket socket_;
};

class Run {
  public:
    Run(const std::filesystem::path& folder, std::size_t mails)
        : scene_(mails),
          server_(scene_.server_options(folder)),
          settings_(start()),
          plan_(scene_.modes(), scene_.mails_each(), scene_.needed_faults(), Scene::kSeed),
          history_(folder / "history.jsonl"),
          strangers_(settings_, folder / "strangers.jsonl"),
          connector_(io_.get_executor()),
          dead_(io_),
          witness_(settings_, plan_, history_, connector_, dead_.number()),
          monitor_(std::shared_ptr<const Settings>(std::shared_ptr<void>(), &settings_), needs()),
          tasks_(io_.get_executor()),
          left_(scene_.probes(), scene_.mails_each()) {
        scene_.describe(folder / "settings.json", settings_, plan_);
        plan_.install(server_);
        history_.on_started = [this](std::string_view probe) { count_down(probe); };
        witness_.on_doomed = [this](const std::string& mailbox, std::string_view octets) {
            strangers_.doomed(mailbox, octets);
        };
        witness_.is_down = [this](std::size_t mailbox) {
            return scene_.is_down(mailbox, BootClock::now() - began_);
        };
    }

    /// True if every mail got its verdict in time.
    bool run() {
        tasks_.spawn(monitor_.run());
        std::thread loop([this] { io_.run(); });
        const bool done = look_after();
        asio::post(io_, [this] { tasks_.cancel(); });
        loop.join();
        server_.stop();
        const LedgerTotals totals = monitor_.totals();
        history_.finish(totals.started, totals.verdicts, totals.pending);
        std::printf(
            "%llu mails, %llu verdicts, %llu pending, %.1f s, pace down to 1/%.1f, "
            "worst lag %.0f ms\n",
            static_cast<unsigned long long>(totals.started),
            static_cast<unsigned long long>(totals.verdicts),
            static_cast<unsigned long long>(totals.pending), to_seconds(BootClock::now() - began_),
            slowest_, to_seconds(worst_lag_) * 1000);
        return done;
    }

  private:
    Settings start() {
        server_.start();
        return scene_.settings(server_);
    }

    MonitorDependencies needs() {
        return {io_.get_executor(),
                journal_,
                history_,
                [this](const Endpoint& to) { return witness_.make(to); },
                hmac_sha256,
                random_u64,
                10'000};
    }

    [[nodiscard]] double planned_mails() const {
        return static_cast<double>(scene_.probes() * scene_.mails_each());
    }

    /// On the loop: a probe that has sent its share gets an interval longer than the run.
    void count_down(std::string_view probe) {
        for (std::size_t i = 0; i < left_.size(); ++i) {
            if (settings_.probes[i].name != probe || left_[i] == 0) continue;
            ++sent_;
            --left_[i];
            // A little more, until every kind of fault has struck often enough.
            const bool may_go_on = static_cast<double>(sent_) < kMost * planned_mails();
            if (left_[i] == 0 && !satisfied_ && may_go_on) left_[i] = 2;
            if (left_[i] == 0) {
                settings_.probes[i].interval = std::chrono::hours{24};
                ++probes_done_;
            }
        }
    }

    /// On the loop: keeps the pace that the machine allows.
    void adapt_pace(Duration lag) {
        pace_ = lag > kLate ? std::min(pace_ * 1.3, 10.0) : std::max(pace_ * 0.97, 1.0);
        slowest_ = std::max(slowest_, pace_);
        worst_lag_ = std::max(worst_lag_, lag);
        const Duration interval{
            static_cast<Duration::rep>(pace_ * static_cast<double>(scene_.interval().count()))};
        for (std::size_t i = 0; i < left_.size(); ++i) {
            if (left_[i] > 0) settings_.probes[i].interval = interval;
        }
    }

    /// On the loop: whether all mails were sent and judged.
    bool is_over() {
        if (probes_done_ < left_.size()) return false;
        const LedgerTotals totals = monitor_.totals();
        return totals.pending == 0;
    }

    bool look_after() {
        unsigned cuts = 0;
        for (unsigned tick = 0; BootClock::now() - began_ < kTooLong; ++tick) {
            std::unique_lock lock(mutex_);
            never_.wait_for(lock, kTick, [] { return false; });
            const double progress = std::min(1.0, static_cast<double>(sent_) / planned_mails());
            if (tick % kTicksBetweenLessons == 0) {
                plan_.learn(server_, progress);
                satisfied_ = plan_.satisfied();
            }
            strangers_.inject(server_);
            if (progress * (kCuts + 1) > cuts + 1) {
                server_.cut_sessions(++cuts % 2 == 0 ? loopback::Protocol::smtp
                                                     : loopback::Protocol::pop3);
            }
            const Instant asked = BootClock::now();
            const std::size_t sessions = server_.session_count(loopback::Protocol::any);
            const Instant answered = BootClock::now();
            // The last look still has to clean up.
            if (over_ && sessions == 0) return true;
            asio::post(io_, [this, asked, answered] {
                adapt_pace(std::max(answered - asked, BootClock::now() - answered));
                over_ = is_over();
            });
        }
        return false;
    }

    Scene scene_;
    loopback::Server server_;
    /// The monitor reads it at every tick, so that changing an interval ends a probe.
    Settings settings_;
    FaultPlan plan_;
    History history_;
    Strangers strangers_;
    MemoryJournal journal_;
    asio::io_context io_{1};
    Connector connector_;
    DeadPort dead_;
    Witness witness_;
    Monitor monitor_;
    TaskGroup tasks_;
    std::vector<std::size_t> left_;
    std::size_t probes_done_ = 0;
    std::atomic<std::size_t> sent_ = 0;
    double pace_ = 1;
    double slowest_ = 1;
    Duration worst_lag_{};
    Instant began_ = BootClock::now();
    std::atomic<bool> over_ = false;
    std::atomic<bool> satisfied_ = false;
    std::mutex mutex_;
    std::condition_variable never_;
};

int run(int argc, char** argv) {
    std::size_t mails = 0;
    if (argc == 3) {
        const std::string_view text = argv[2];
        std::from_chars(text.data(), text.data() + text.size(), mails);
    }
    if (mails == 0) {
        std::fputs("usage: mailprobed-accounting FOLDER MAILS\n", stderr);
        return 64;
    }
    std::signal(SIGPIPE, SIG_IGN);
    const std::filesystem::path folder = argv[1];
    std::filesystem::create_directories(folder);
    Run whole(folder, mails);
    if (whole.run()) return EXIT_SUCCESS;
    std::fputs("not every mail got its verdict\n", stderr);
    return EXIT_FAILURE;
}

}  // namespace
}  // namespace mailprobed::accounting

int main(int argc, char** argv) {
    try {
        return mailprobed::accounting::run(argc, argv);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "mailprobed-accounting: %s\n", error.what());
        return EXIT_FAILURE;
    }
}
