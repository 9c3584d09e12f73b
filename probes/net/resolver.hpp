// SPDX-License-Identifier: Apache-2.0
// Host names to addresses without ever blocking or outwaiting the event loop.
#pragma once

#include "probes/domain/settings.hpp"
#include "probes/domain/time.hpp"
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
/// often it is asked for, and is abandoned at the asker's deadline.
class Resolver {
  public:
    /// Threads at most; they start when needed.
    static constexpr unsigned kThreads = 32;

    explicit Resolver(const Executor& executor, LookupFunction lookup = system_lookup);
    Resolver(const Resolver&) = delete;
    Resolver& operator=(const Resolver&) = delete;
    ~Resolver();

    /// The addresses of `host`; numeric hosts need no thread. Throws ChannelError timeout,
    /// dns_not_found or dns_failed.
    Awaitable<std::vector<asio::ip::address>> resolve(std::string host, IpFamily family,
                                                      Instant deadline);

  private:
    struct Pool;
    struct Query;
    Executor executor_;
    std::shared_ptr<Pool> pool_;
};

}  // namespace mailprobed
