// SPDX-License-Identifier: Apache-2.0
// Basic authentication (RFC 7617) against bcrypt hashes.
#pragma once

#include "config/web/web_config.hpp"
#include "probes/base/secret.hpp"
#include "probes/net/awaitable.hpp"

#include <boost/asio/thread_pool.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mailprobed {

/// What a client says it is.
struct Credentials {
    std::string user;
    Secret password;
};

/// The credentials in an Authorization field; nothing if it is not well-formed Basic.
[[nodiscard]] std::optional<Credentials> basic_credentials(std::string_view authorization);

/// What one check has to compute.
struct PasswordTask {
    Secret password;
    /// The user's hash, or one that nothing matches if there is no such user.
    Secret hash;
    bool known = false;
    unsigned cost = 0;
    /// The greatest cost among all users: every check takes as long as one of that.
    unsigned total_cost = 0;
};

/// Computes bcrypt; takes as long for unknown users as for known ones, whatever their own cost is.
[[nodiscard]] bool password_matches(const PasswordTask& task);

/// Remembers outcomes of checks by keyed digest, so that scrapers do not pay each time and no
/// password stays in memory. Bounded; refused attempts cannot push accepted ones out.
class PasswordMemory {
  public:
    using Digest = std::array<std::uint8_t, 32>;

    PasswordMemory();
    /// The digest of one attempt; no two different attempts have the same (CVE-2022-46146).
    [[nodiscard]] Digest digest(std::string_view user, const PasswordTask& task) const;
    /// What came of it, if that is still known.
    [[nodiscard]] std::optional<bool> recall(const Digest& digest) const;
    /// Keeps what came of it.
    void keep(const Digest& digest, bool accepted);

  private:
    struct Ring {
        std::vector<Digest> entries;
        std::size_t next = 0;
    };

    Secret key_;
    std::array<Ring, 2> rings_;
};

/// Decides who has logged in. All but the hashing runs on the event loop.
class Login {
  public:
    /// True if `authorization` names one of `users` with the right password.
    Awaitable<bool> check(asio::thread_pool& pool, const std::vector<WebUser>& users,
                          std::string authorization);
    /// Refuses every check from now on; those that wait for their turn are not computed any more.
    void end() noexcept { *ended_ = true; }

  private:
    PasswordMemory memory_;
    /// Shared with work on the pool.
    std::shared_ptr<std::atomic<bool>> ended_ = std::make_shared<std::atomic<bool>>(false);
};

}  // namespace mailprobed
