// SPDX-License-Identifier: Apache-2.0
// The queue between the event loop and the writer thread. The loop never waits for the disk: a
// coroutine that does is resumed by the thread's message or, after a second, by a timer.
#include "daemon/store/sql_journal.hpp"

#include "daemon/store/sql_journal_backlog.hpp"
#include "daemon/store/sql_journal_disk.hpp"
#include "probes/net/boot_clock.hpp"

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace mailprobed {
namespace {

using Resume = asio::any_completion_handler<void(Durability)>;

constexpr std::size_t kMaxGroup = 512;
constexpr std::chrono::seconds kPatience{1};
/// An idle thread looks after the ledger's place and the clock.
constexpr std::chrono::seconds kIdle{20};
/// Commits follow each other no faster: under load many records share one, alone none waits.
constexpr std::chrono::milliseconds kPace{4};
/// Records that nobody waits for may wait this long for one that somebody does; what a kill may
/// make forgotten, hence well below the margin of tests/campaigns/torture/kill_rules.py.
constexpr std::chrono::milliseconds kLinger{25};

/// A coroutine that waits for record number `number`.
struct Waiter {
    std::uint64_t number = 0;
    Instant until;
    Resume resume;
    asio::executor_work_guard<Executor> work;
    /// What it is told when it is its turn.
    Durability kept = Durability::durable;
};

/// Whom the sleeping writer thread wants to hear of.
enum class Idle : std::uint8_t { no, for_awaited, for_any };

}  // namespace

struct SqlJournal::Impl : std::enable_shared_from_this<Impl> {
    Impl(const Executor& on, std::unique_ptr<Store> where, HealthHandler handler)
        : executor(on), store(std::move(where)), on_health(std::move(handler)), sweep(on) {}

    // On the event loop.
    /// Nothing if it is of a mail that was given up.
    template <typename Records>
    std::optional<std::uint64_t> push(Records records, bool awaited);
    void gave_up(std::uint64_t records);
    void wait_for(std::uint64_t number, Resume resume);
    void arm_sweep();
    void give_up_waiting();
    void committed(std::uint64_t upto);
    void failed(const std::string& why);
    /// The ledger was taken away: until the end of the run people are to look after it.
    void displaced_now(const std::string& why);

    // On the writer thread.
    void run();
    void wait_for_work(std::unique_lock<std::mutex>& guard);
    void tell_notice();

    Executor executor;
    /// The writer thread's alone once that runs.
    std::unique_ptr<Store> store;
    HealthHandler on_health;
    BootTimer sweep;
    bool sweeping = false;
    bool healthy = true;
    bool displaced = false;
    /// False while nobody waits for a disk that is known to be broken; `owed` is the number of the
    /// last record that was pushed in such a time.
    bool waits = true;
    std::uint64_t owed = 0;
    /// What people must be told to be missing for good.
    std::string gap;
    std::uint64_t given_up = 0;
    std::deque<Waiter> waiters;

    std::mutex mutex;
    std::condition_variable wake;
    JournalBacklog backlog{kMaxBacklog, kBacklogSlack};
    /// Number of the last record that somebody waits for.
    std::uint64_t awaited = 0;
    /// What the thread sleeps for; any other signal would be wasted.
    Idle idle = Idle::no;
    bool stop = false;
    /// Steps that the thread has taken, and whether it is in one.
    std::uint64_t steps = 0;
    bool in_step = false;
    /// The thread has ended, and nothing was left to write.
    bool ended = false;
    bool all_written = false;
    std::condition_variable over;

    std::optional<RestoredState> restored;
    std::chrono::steady_clock::time_point last_commit;
    std::thread thread;
};

template <typename Records>
std::optional<std::uint64_t> SqlJournal::Impl::push(Records records, bool is_awaited) {
    std::optional<std::uint64_t> number;
    bool signal = false;
    std::uint64_t lost = 0;
    {
        const std::lock_guard guard(mutex);
        number = backlog.push(std::move(records), !waits);
        lost = backlog.given_up();
        if (number && is_awaited) awaited = std::max(awaited, *number);
        signal = idle == Idle::for_any || (idle == Idle::for_awaited && is_awaited);
        if (signal) idle = Idle::no;
    }
    if (signal) wake.notify_one();
    if (lost != 0) gave_up(lost);
    return number;
}

void SqlJournal::Impl::gave_up(std::uint64_t records) {
    // It may be what some of them wait for.
    for (Waiter& waiter : waiters)
        waiter.kept = Durability::lost_on_crash;
    const bool first = gap.empty();
    given_up = (first ? 0 : given_up) + records;
    gap = std::to_string(given_up) + " records were given up while the disk failed";
    waits = false;
    if (!first) return;
    healthy = false;
    if (on_health) on_health(false, "too many records wait for the disk, the oldest are given up");
}

void SqlJournal::Impl::wait_for(std::uint64_t number, Resume resume) {
    waiters.push_back(
        {number, BootClock::now() + kPatience, std::move(resume), asio::make_work_guard(executor)});
    if (!sweeping) arm_sweep();
}

void SqlJournal::Impl::arm_sweep() {
    sweeping = !waiters.empty();
    if (!sweeping) return;
    sweep.expires_at(waiters.front().until);
    sweep.async_wait([self = weak_from_this()](const boost::system::error_code& end) {
        const auto journal = self.lock();
        if (journal && !end) journal->give_up_waiting();
    });
}

void SqlJournal::Impl::give_up_waiting() {
    const Instant now = BootClock::now();
    std::vector<Waiter> late;
    while (!waiters.empty() && waiters.front().until <= now) {
        late.push_back(std::move(waiters.front()));
        waiters.pop_front();
    }
    if (!late.empty()) {
        {
            const std::lock_guard guard(mutex);
            backlog.all_at_risk();
        }
        failed("the disk has not answered for a second");
    }
    arm_sweep();
    for (Waiter& waiter : late)
        std::move(waiter.resume)(Durability::lost_on_crash);
}

void SqlJournal::Impl::committed(std::uint64_t upto) {
    if (!waits) {
        // The disk works: from here on senders wait again, or say by failed() that they gave up.
        waits = true;
        const std::lock_guard guard(mutex);
        owed = backlog.pushed();
    }
    // Only when all that nobody waited for is on the disk the ledger knows again what happened.
    if (!healthy && !displaced && upto >= owed) {
        healthy = true;
        if (on_health) on_health(true, std::exchange(gap, {}));
    }
    // Whoever waits for what was replaced waits for a place that stands further in front.
    std::vector<Waiter> ready;
    std::deque<Waiter> rest;
    for (Waiter& waiter : std::exchange(waiters, {})) {
        if (waiter.number <= upto) {
            ready.push_back(std::move(waiter));
        } else {
            rest.push_back(std::move(waiter));
        }
    }
    waiters = std::move(rest);
    for (Waiter& waiter : ready)
        std::move(waiter.resume)(waiter.kept);
}

void SqlJournal::Impl::failed(const std::string& why) {
    waits = false;
    if (!healthy) return;
    healthy = false;
    if (on_health) on_health(false, why);
}

void SqlJournal::Impl::displaced_now(const std::string& why) {
    displaced = true;
    healthy = false;
    if (on_health) on_health(false, why);
}

void SqlJournal::Impl::tell_notice() {
    std::string why = store->take_notice();
    if (why.empty()) return;
    asio::post(executor, [self = weak_from_this(), gone = store->was_displaced(), why] {
        const auto journal = self.lock();
        if (!journal) return;
        if (gone) {
            journal->displaced_now(why);
        } else {
            journal->failed(why);
        }
    });
}

void SqlJournal::Impl::wait_for_work(std::unique_lock<std::mutex>& guard) {
    const auto pressing = [this] { return stop || !store->is_open() || awaited > backlog.taken(); };
    idle = Idle::for_awaited;
    // Mostly something comes along within this time, so that the others need no signal.
    wake.wait_for(guard, kLinger, pressing);
    if (!pressing() && backlog.empty()) {
        idle = Idle::for_any;
        wake.wait_for(guard, kIdle, [&] { return pressing() || !backlog.empty(); });
        idle = Idle::for_awaited;
        wake.wait_for(guard, kLinger, pressing);
    }
    idle = Idle::no;
    wake.wait_until(guard, last_commit + kPace, [this] { return stop; });
}

void SqlJournal::Impl::run() {
    std::vector<QueuedRecord> group;
    std::unique_lock guard(mutex);
    for (bool first = true;; first = false) {
        if (!first) wait_for_work(guard);
        backlog.take(group, kMaxGroup);
        const std::uint64_t upto = backlog.taken();
        const bool last = stop;
        ++steps;
        in_step = true;
        guard.unlock();
        const bool written = store->write(group);
        tell_notice();
        last_commit = std::chrono::steady_clock::now();
        if (written) {
            group.clear();
            asio::post(executor, [self = weak_from_this(), upto] {
                if (const auto journal = self.lock()) journal->committed(upto);
            });
            store->prune();
        } else {
            asio::post(executor, [self = weak_from_this(), why = store->error()] {
                if (const auto journal = self.lock()) journal->failed(why);
            });
        }
        guard.lock();
        in_step = false;
        if (last && (!written || backlog.empty())) {
            all_written = written;
            ended = true;
            over.notify_all();
            return;
        }
        if (written) continue;
        wake.wait_for(guard, kPatience, [this] { return stop; });
        // By the next try all who waited for these have given up.
        for (QueuedRecord& queued : group)
            queued.at_risk = true;
    }
}

SqlJournal::SqlJournal(const Executor& executor, JournalPlace place, HealthHandler on_health)
    : SqlJournal(executor, std::make_unique<LedgerDisk>(std::move(place)), std::move(on_health)) {}

SqlJournal::SqlJournal(const Executor& executor, std::unique_ptr<Store> store,
                       HealthHandler on_health)
    : impl_(std::make_shared<Impl>(executor, std::move(store), std::move(on_health))) {
    Impl& impl = *impl_;
    impl.restored = impl.store->load();
    impl.tell_notice();
    if (!impl.store->is_open()) {
        asio::post(executor, [self = impl_->weak_from_this(), why = impl.store->error()] {
            if (const auto journal = self.lock()) journal->failed(why);
        });
    }
    impl.thread = std::thread([&impl] { impl.run(); });
}

SqlJournal::~SqlJournal() {
    // A disk that refuses is told by close(); here is nobody to tell.
    static_cast<void>(close(Duration::zero()));
    impl_->thread.join();
}

bool SqlJournal::close(Duration patience) {
    Impl& impl = *impl_;
    std::unique_lock guard(impl.mutex);
    impl.stop = true;
    impl.wake.notify_one();
    impl.over.wait_for(guard, patience, [&impl] { return impl.ended; });
    return impl.all_written;
}

ActivityCounter SqlJournal::activity() const {
    const std::lock_guard guard(impl_->mutex);
    return {impl_->in_step || !impl_->backlog.empty(), impl_->steps};
}

RestoredState SqlJournal::load() {
    RestoredState result = std::move(impl_->restored).value_or(RestoredState{});
    impl_->restored.reset();
    return result;
}

Awaitable<Durability> SqlJournal::record(JournalRecords records) {
    Impl& impl = *impl_;
    const std::optional<std::uint64_t> number = impl.push(std::move(records), true);
    // Known to be broken: waiting would only make every mail start a second late.
    if (!number || !impl.waits) co_return Durability::lost_on_crash;
    auto start = [&impl, number](auto handler) { impl.wait_for(*number, std::move(handler)); };
    auto token = asio::use_awaitable_t<Executor>{};
    const Durability kept =
        co_await asio::async_initiate<asio::use_awaitable_t<Executor>, void(Durability)>(start,
                                                                                         token);
    co_return kept;
}

void SqlJournal::note(JournalRecords records) {
    impl_->push(std::move(records), false);
}

void SqlJournal::keep(DetailRecord record) {
    // What people read must not displace what verdicts rest on.
    if (impl_->healthy || (impl_->displaced && impl_->waits)) impl_->push(std::move(record), false);
}

bool SqlJournal::healthy() const {
    return impl_->healthy;
}

}  // namespace mailprobed
