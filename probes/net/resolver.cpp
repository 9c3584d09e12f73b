// SPDX-License-Identifier: Apache-2.0
// getaddrinfo cannot be cancelled, so its threads may outlive everything else: what they touch is
// shared with them, and results travel to the event loop by post.
#include "probes/net/resolver.hpp"

#include "probes/net/boot_clock.hpp"
#include "probes/net/channel.hpp"
#include "probes/net/task_group.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <deque>
#include <list>
#include <map>
#include <mutex>
#include <netdb.h>
#include <optional>
#include <system_error>
#include <thread>

namespace mailprobed {
namespace {

constexpr Duration kIdleTime = std::chrono::minutes{1};

bool family_allows(IpFamily family, const asio::ip::address& address) noexcept {
    return family == IpFamily::any || (family == IpFamily::v4) == address.is_v4();
}

[[noreturn]] void throw_lookup_error(const std::string& host, int error) {
    const std::string detail = "cannot look up " + host + ": " + gai_strerror(error);
    const bool absent = error == EAI_NONAME || error == EAI_NODATA || error == EAI_ADDRFAMILY;
    throw ChannelError(absent ? Cause::dns_not_found : Cause::dns_failed, detail);
}

}  // namespace

HostLookup system_lookup(const std::string& host, IpFamily family) {
    addrinfo hints{};
    hints.ai_family = family == IpFamily::v4   ? AF_INET
                      : family == IpFamily::v6 ? AF_INET6
                                               : AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    HostLookup result;
    result.error = getaddrinfo(host.c_str(), nullptr, &hints, &found);
    if (result.error != 0) return result;
    for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next) {
        if (entry->ai_family == AF_INET) {
            const auto* in = reinterpret_cast<const sockaddr_in*>(entry->ai_addr);
            result.addresses.emplace_back(asio::ip::address_v4(ntohl(in->sin_addr.s_addr)));
        } else if (entry->ai_family == AF_INET6) {
            const auto* in = reinterpret_cast<const sockaddr_in6*>(entry->ai_addr);
            asio::ip::address_v6::bytes_type bytes{};
            std::copy(std::begin(in->sin6_addr.s6_addr), std::end(in->sin6_addr.s6_addr),
                      bytes.begin());
            result.addresses.emplace_back(asio::ip::address_v6(bytes, in->sin6_scope_id));
        }
    }
    freeaddrinfo(found);
    return result;
}

/// One name being looked up, and those who wait for it. Only the event loop touches it.
struct Resolver::Query {
    std::optional<HostLookup> result;
    /// When a thread took it.
    std::optional<Instant> began;
    /// It hung when it was looked up last.
    bool suspect = false;
    std::list<BootTimer*> waiting;
};

/// What the threads share with the resolver.
struct Resolver::Pool {
    using Name = std::pair<std::string, IpFamily>;

    /// Whose turn it is; the first is served first.
    enum class Rank : std::uint8_t {
        /// It answered at once when it was asked last, or hung only once since it did.
        proven,
        /// It has not been asked yet.
        fresh,
        /// It hung.
        suspect,
    };
    static constexpr std::size_t kRanks = 3;

    struct Job {
        Name name;
        std::function<void()> began;
        std::function<void(HostLookup)> done;
    };

    /// What is known of a name.
    struct Past {
        bool answered = false;
        unsigned hung = 0;
    };

    LookupFunction lookup;
    std::mutex mutex;
    std::condition_variable work;
    std::array<std::deque<Job>, kRanks> jobs;
    std::map<Name, Past> pasts;
    unsigned threads = 0;
    unsigned idle = 0;
    /// Look-ups under way, by the rank they began with.
    std::array<unsigned, kRanks> busy{};
    bool stopping = false;
    /// Event loop only: names under way.
    std::map<Name, std::shared_ptr<Query>> queries;

    [[nodiscard]] Rank rank_of(const Name& name) const {
        const auto past = pasts.find(name);
        if (past == pasts.end()) return Rank::fresh;
        // One lost datagram makes no name that hangs.
        const unsigned allowed = past->second.answered ? 1 : 0;
        return past->second.hung > allowed ? Rank::suspect : Rank::proven;
    }

    /// The rank whose next job may begin now.
    [[nodiscard]] std::optional<std::size_t> next() const noexcept {
        const unsigned running = busy[0] + busy[1] + busy[2];
        constexpr auto kSuspect = static_cast<std::size_t>(Rank::suspect);
        for (std::size_t rank = 0; rank < kRanks; ++rank) {
            if (jobs[rank].empty()) continue;
            if (rank > 0 && running >= kThreads - kReserved) continue;
            if (rank == kSuspect && busy[kSuspect] >= kSuspects) continue;
            return rank;
        }
        return std::nullopt;
    }

    void remember(const Name& name, Duration took) {
        Past& past = pasts[name];
        if (took > kPrompt) {
            ++past.hung;
        } else {
            past = {true, 0};
        }
    }

    static void run(const std::shared_ptr<Pool>& pool) {
        std::unique_lock lock(pool->mutex);
        for (;;) {
            ++pool->idle;
            const bool called = pool->work.wait_for(
                lock, kIdleTime, [&] { return pool->stopping || pool->next().has_value(); });
            --pool->idle;
            if (pool->stopping) return;
            const std::optional<std::size_t> rank = pool->next();
            if (!called || !rank) {
                --pool->threads;
                return;
            }
            const Job job = std::move(pool->jobs[*rank].front());
            pool->jobs[*rank].pop_front();
            ++pool->busy[*rank];
            job.began();
            lock.unlock();
            const Instant began = BootClock::now();
            HostLookup result = pool->lookup(job.name.first, job.name.second);
            const Duration took = BootClock::now() - began;
            lock.lock();
            // Under the lock: once `stopping` is set, the event loop may be gone.
            if (pool->stopping) return;
            --pool->busy[*rank];
            pool->remember(job.name, took);
            job.done(std::move(result));
        }
    }

    /// Takes a job and sees to it that a thread will run it; false if there is none to be had.
    static bool add(const std::shared_ptr<Pool>& pool, Job job, Query& query) {
        const std::lock_guard lock(pool->mutex);
        const auto rank = static_cast<std::size_t>(pool->rank_of(job.name));
        query.suspect = rank == static_cast<std::size_t>(Rank::suspect);
        pool->jobs[rank].push_back(std::move(job));
        std::size_t waiting = 0;
        for (const auto& queue : pool->jobs)
            waiting += queue.size();
        if (pool->idle < waiting && pool->threads < kThreads && pool->next()) {
            try {
                // Detached on purpose: a hung getaddrinfo must not keep the process from ending.
                std::thread(&Pool::run, pool).detach();
                ++pool->threads;
            } catch (const std::system_error&) {
                // The system has no more threads for us; those that are there come to it.
                if (pool->threads == 0) {
                    pool->jobs[rank].pop_back();
                    return false;
                }
            }
        }
        pool->work.notify_one();
        return true;
    }
};

Resolver::Resolver(const Executor& executor, LookupFunction lookup)
    : executor_(executor), pool_(std::make_shared<Pool>()) {
    pool_->lookup = std::move(lookup);
}

Resolver::~Resolver() {
    const std::lock_guard lock(pool_->mutex);
    pool_->stopping = true;
    for (auto& queue : pool_->jobs)
        queue.clear();
    pool_->work.notify_all();
}

std::shared_ptr<Resolver::Query> Resolver::query(const std::string& host, IpFamily family) {
    const Pool::Name name(host, family);
    std::shared_ptr<Query>& shared = pool_->queries[name];
    if (shared) return shared;
    shared = std::make_shared<Query>();
    const std::shared_ptr<Query> fresh = shared;
    const auto wake = [](const Query& query) {
        for (BootTimer* timer : query.waiting)
            timer->cancel();
    };
    Pool::Job job;
    job.name = name;
    job.began = [executor = executor_, wake, fresh] {
        asio::post(executor, [wake, fresh, at = BootClock::now()] {
            fresh->began = at;
            wake(*fresh);
        });
    };
    job.done = [executor = executor_, wake, fresh, pool = pool_, name](HostLookup result) {
        asio::post(executor, [wake, fresh, pool, name, result = std::move(result)]() mutable {
            fresh->result = std::move(result);
            pool->queries.erase(name);
            wake(*fresh);
        });
    };
    if (!Pool::add(pool_, std::move(job), *fresh)) {
        pool_->queries.erase(name);
        throw ChannelError(Cause::internal, "no thread can be had to look up " + host);
    }
    return fresh;
}

Awaitable<std::vector<asio::ip::address>> Resolver::resolve(std::string host, IpFamily family,
                                                            Instant deadline, Instant limit) {
    boost::system::error_code not_numeric;
    const auto numeric = asio::ip::make_address(host, not_numeric);
    if (!not_numeric) {
        if (!family_allows(family, numeric)) {
            throw ChannelError(Cause::dns_not_found,
                               host + " is not an address of the configured ip_family");
        }
        co_return std::vector<asio::ip::address>{numeric};
    }

    const Instant asked = BootClock::now();
    const std::shared_ptr<Query> shared = query(host, family);
    BootTimer timer(executor_);
    const auto place = shared->waiting.insert(shared->waiting.end(), &timer);
    struct Leave {
        Query& query;
        std::list<BootTimer*>::iterator place;
        ~Leave() { query.waiting.erase(place); }
    } const leave{*shared, place};
    while (!shared->result) {
        // The name answers for the time since it was asked, not for that in the queue.
        Instant until = limit;
        if (shared->began) {
            const Duration queued = std::max(*shared->began - asked, Duration::zero());
            until = std::min(limit, deadline > Instant::max() - queued ? limit : deadline + queued);
        }
        if (BootClock::now() >= until) break;
        co_await sleep_until(timer, until);
    }
    if (!shared->result && !shared->began) {
        // What is known of a name that hung is that, whatever it would do now.
        throw ChannelError(
            shared->suspect ? Cause::timeout : Cause::internal,
            "no thread was free to look up " + host +
                (shared->suspect ? ", which hung before" : ": too many other names hang"));
    }
    if (!shared->result) {
        throw ChannelError(Cause::timeout, "looking up " + host + " took too long");
    }
    if (shared->result->error != 0) throw_lookup_error(host, shared->result->error);
    if (shared->result->addresses.empty()) throw_lookup_error(host, EAI_NONAME);
    co_return shared->result->addresses;
}

}  // namespace mailprobed
