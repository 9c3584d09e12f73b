// SPDX-License-Identifier: Apache-2.0
// The limit of the kernel, and arithmetic.
#include "daemon/service/session_limit.hpp"

#include <algorithm>
#include <sys/resource.h>

namespace mailprobed {
namespace {

/// Descriptors kept back for logs, the web server and the resolver.
constexpr rlim_t kReservedDescriptors = 128;

rlim_t raise_descriptor_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
    ::getrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_cur;
}

}  // namespace

std::size_t sessions_allowed() {
    const rlim_t descriptors = raise_descriptor_limit();
    return descriptors > 2 * kReservedDescriptors ? descriptors - kReservedDescriptors
                                                  : descriptors / 2;
}

double most_sessions(const Settings& settings) {
    double most = static_cast<double>(settings.accounts.size());
    for (const ProbeSettings& probe : settings.probes) {
        const Duration longest =
            std::min(settings.account(probe.from)->smtp->timeouts.total, probe.deadline);
        most += to_seconds(longest) / to_seconds(probe.interval) + 1;
    }
    return most;
}

}  // namespace mailprobed
