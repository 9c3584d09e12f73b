// SPDX-License-Identifier: Apache-2.0
// Host names to addresses without ever blocking or outwaiting the event loop.
#pragma once

#include "probes/base/time.hpp"
#include "probes/domain/settings/settings.hpp"
#include "probes/net/awaitable.hpp"

#include <boost/asio/ip/address.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace mailprobed {

/// What one look-up of the system gave: addresses in its order, or getaddrinfo's error (EAI_*).
struct HostLookup {
    std::vector<asio::ip::address> addresses;
    int error = 0;
};

/// A blocking look-up; replaced in tests by one that hangs.
using LookupFunction = std::function<HostLookup(const std::string& host, IpFamily family)>;

/// getaddrinfo().
[[nodiscard]] HostLookup system_lookup(const std::string& host, IpFamily family);

/// Runs look-ups on a bounded number of threads. A name that hangs occupies one thread however
/// often it is asked for, and is abandoned at the asker's deadline. Names that hang share a few
/// threads, so that they keep no other name waiting; a look-up that waits for a thread blames
/// nobody: its time begins when it does.
class Resolver {
  public:
    /// Threads at most; they start when needed and end when idle. The packaged service allows 256
    /// tasks for everything.
    static constexpr unsigned kThreads = 128;
    /// Of these, kept for names that answered before.
    static constexpr unsigned kReserved = 16;
    /// Look-ups at a time of names that hung before.
    static constexpr unsigned kSuspects = 64;
    /// A look-up that takes longer hangs.
    static constexpr Duration kPrompt = std::chrono::seconds{1};

    explicit Resolver(const Executor& executor, LookupFunction lookup = system_lookup);
    Resolver(const Resolver&) = delete;
    Resolver& operator=(const Resolver&) = delete;
    ~Resolver();

    /// The addresses of `host`; numeric hosts need no thread. `deadline` moves by the time that the
    /// look-up waits for a thread, `limit` does not. Throws ChannelError timeout, dns_not_found or
    /// dns_failed; internal if no thread was free until `limit` for a name that never hung.
    Awaitable<std::vector<asio::ip::address>> resolve(std::string host, IpFamily family,
                                                      Instant deadline,
                                                      Instant limit = Instant::max());

  private:
    struct Pool;
    struct Query;
    /// The look-up of a name, under way or begun by this.
    [[nodiscard]] std::shared_ptr<Query> query(const std::string& host, IpFamily family);

    Executor executor_;
    std::shared_ptr<Pool> pool_;
};

}  // namespace mailprobed
