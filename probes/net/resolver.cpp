// SPDX-License-Identifier: Apache-2.0
// getaddrinfo cannot be cancelled, so its threads may outlive everything else: what they touch is
// shared with them, and results travel to the event loop by post.
#include "probes/net/resolver.hpp"

#include "probes/net/boot_clock.hpp"
#include "probes/net/channel.hpp"
#include "probes/net/task_group.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

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

/// One name being looked up, and those who wait for it. Only the event loop touches `waiting` and
/// `result`.
struct Resolver::Query {
    std::optional<HostLookup> result;
    std::list<BootTimer*> waiting;
};

/// What the threads share with the resolver.
struct Resolver::Pool {
    struct Job {
        std::string host;
        IpFamily family = IpFamily::any;
        std::function<void(HostLookup)> done;
    };

    LookupFunction lookup;
    std::mutex mutex;
    std::condition_variable work;
    std::deque<Job> jobs;
    unsigned threads = 0;
    unsigned idle = 0;
    bool stopping = false;
    /// Event loop only: names under way.
    std::map<std::pair<std::string, IpFamily>, std::shared_ptr<Query>> queries;

    static void run(const std::shared_ptr<Pool>& pool) {
        std::unique_lock lock(pool->mutex);
        for (;;) {
            ++pool->idle;
            pool->work.wait(lock, [&] { return pool->stopping || !pool->jobs.empty(); });
            --pool->idle;
            if (pool->stopping) return;
            const Job job = std::move(pool->jobs.front());
            pool->jobs.pop_front();
            lock.unlock();
            HostLookup result = pool->lookup(job.host, job.family);
            lock.lock();
            // Under the lock: once `stopping` is set, the event loop may be gone.
            if (pool->stopping) return;
            job.done(std::move(result));
        }
    }
};

Resolver::Resolver(const Executor& executor, LookupFunction lookup)
    : executor_(executor), pool_(std::make_shared<Pool>()) {
    pool_->lookup = std::move(lookup);
}

Resolver::~Resolver() {
    const std::lock_guard lock(pool_->mutex);
    pool_->stopping = true;
    pool_->jobs.clear();
    pool_->work.notify_all();
}

Awaitable<std::vector<asio::ip::address>> Resolver::resolve(std::string host, IpFamily family,
                                                            Instant deadline) {
    boost::system::error_code not_numeric;
    const auto numeric = asio::ip::make_address(host, not_numeric);
    if (!not_numeric) {
        if (!family_allows(family, numeric)) {
            throw ChannelError(Cause::dns_not_found,
                               host + " is not an address of the configured ip_family");
        }
        co_return std::vector<asio::ip::address>{numeric};
    }

    std::shared_ptr<Query>& shared = pool_->queries[{host, family}];
    if (!shared) {
        shared = std::make_shared<Query>();
        const auto deliver = [executor = executor_, pool = pool_, key = std::pair(host, family),
                              query = shared](HostLookup result) {
            asio::post(executor, [pool, key, query, result = std::move(result)]() mutable {
                query->result = std::move(result);
                pool->queries.erase(key);
                for (BootTimer* timer : query->waiting)
                    timer->cancel();
            });
        };
        const std::lock_guard lock(pool_->mutex);
        pool_->jobs.push_back({host, family, deliver});
        if (pool_->idle < pool_->jobs.size() && pool_->threads < kThreads) {
            ++pool_->threads;
            // Detached on purpose: a hung getaddrinfo must not keep the process from ending.
            std::thread(&Pool::run, pool_).detach();
        }
        pool_->work.notify_one();
    }

    const std::shared_ptr<Query> query = shared;
    BootTimer timer(executor_);
    const auto place = query->waiting.insert(query->waiting.end(), &timer);
    struct Leave {
        Query& query;
        std::list<BootTimer*>::iterator place;
        ~Leave() { query.waiting.erase(place); }
    } const leave{*query, place};
    co_await sleep_until(timer, deadline);
    if (!query->result) {
        throw ChannelError(Cause::timeout, "looking up " + host + " took too long");
    }
    if (query->result->error != 0) throw_lookup_error(host, query->result->error);
    if (query->result->addresses.empty()) throw_lookup_error(host, EAI_NONAME);
    co_return query->result->addresses;
}

}  // namespace mailprobed
