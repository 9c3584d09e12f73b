// SPDX-License-Identifier: Apache-2.0
// Who asks must not learn which users exist, neither from answers nor from their time.
#include "daemon/http/auth.hpp"

#include "probes/base/base64.hpp"
#include "probes/net/crypto.hpp"
#include "probes/net/run_on.hpp"

#include <algorithm>
#include <crypt.h>
#include <memory>
#include <utility>

namespace mailprobed {

namespace {

/// Per outcome; a user has one right password, so accepted ones are few.
constexpr std::size_t kMostRemembered = 64;
/// Salt and hash that nobody's password has.
constexpr std::string_view kDummy = "$......................................................";

std::string dummy_hash(unsigned cost) {
    return "$2b$" + std::string(cost < 10 ? "0" : "") + std::to_string(cost) + std::string(kDummy);
}

bool same_octets(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) return false;
    unsigned difference = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        difference |= static_cast<unsigned char>(a[i] ^ b[i]);
    return difference == 0;
}

/// True if `password` has this bcrypt hash.
bool bcrypt(const Secret& password, std::string_view hash, crypt_data& data) {
    const std::string text(hash);
    std::string phrase(password.reveal());
    const char* computed = ::crypt_r(phrase.c_str(), text.c_str(), &data);
    wipe(phrase.data(), phrase.size());
    return computed != nullptr && same_octets(computed, hash);
}

/// The scheme's name is case-insensitive (RFC 9110 11.1).
bool is_basic(std::string_view scheme) {
    constexpr std::string_view kBasic = "basic";
    return std::ranges::equal(scheme, kBasic, [](char a, char b) { return (a | 0x20) == b; });
}

PasswordTask task_for(Credentials& credentials, const std::vector<WebUser>& users) {
    PasswordTask task;
    for (const WebUser& user : users) {
        task.total_cost = std::max(task.total_cost, user.cost);
        if (user.name != credentials.user) continue;
        task.known = true;
        task.hash = user.hash;
        task.cost = user.cost;
    }
    // bcrypt would read up to it and take the rest for good.
    if (credentials.password.reveal().find('\0') != std::string_view::npos) task.known = false;
    if (!task.known) {
        task.hash = Secret(dummy_hash(task.total_cost));
        task.cost = task.total_cost;
    }
    task.password = std::move(credentials.password);
    return task;
}

}  // namespace

std::optional<Credentials> basic_credentials(std::string_view authorization) {
    const std::size_t space = authorization.find(' ');
    if (space == std::string_view::npos || !is_basic(authorization.substr(0, space))) {
        return std::nullopt;
    }
    authorization.remove_prefix(
        std::min(authorization.find_first_not_of(' ', space), authorization.size()));
    auto decoded = from_base64(authorization);
    if (!decoded) return std::nullopt;
    std::optional<Credentials> result;
    const std::size_t colon = decoded->find(':');
    if (colon != std::string::npos) {
        result = Credentials{decoded->substr(0, colon), Secret(decoded->substr(colon + 1))};
    }
    wipe(decoded->data(), decoded->size());
    return result;
}

bool password_matches(const PasswordTask& task) {
    // 32 KiB: too much for a thread's stack, and it holds what was computed from the password.
    const auto data = std::make_unique<crypt_data>();
    const bool matches = bcrypt(task.password, task.hash.reveal(), *data);
    // 2^c + 2^c + 2^(c+1) + ... up to 2^(total-1) is 2^total.
    for (unsigned cost = task.cost; cost < task.total_cost; ++cost) {
        static_cast<void>(bcrypt(task.password, dummy_hash(cost), *data));
    }
    wipe(data.get(), sizeof *data);
    return matches && task.known;
}

PasswordMemory::PasswordMemory() : key_(random_bytes(32)) {}

PasswordMemory::Digest PasswordMemory::digest(std::string_view user,
                                              const PasswordTask& task) const {
    // Lengths before the texts: no text can look like the border between two others.
    std::string text;
    for (const std::string_view part : {user, task.hash.reveal(), task.password.reveal()}) {
        text += std::to_string(part.size());
        text += ':';
    }
    text.reserve(text.size() + user.size() + task.hash.reveal().size() +
                 task.password.reveal().size());
    text.append(user).append(task.hash.reveal()).append(task.password.reveal());
    const Digest result = hmac_sha256(key_.reveal(), text);
    wipe(text.data(), text.size());
    return result;
}

std::optional<bool> PasswordMemory::recall(const Digest& digest) const {
    for (const bool accepted : {true, false}) {
        const auto& entries = rings_[accepted ? 1 : 0].entries;
        if (std::ranges::find(entries, digest) != entries.end()) return accepted;
    }
    return std::nullopt;
}

void PasswordMemory::keep(const Digest& digest, bool accepted) {
    if (recall(digest)) return;
    Ring& ring = rings_[accepted ? 1 : 0];
    if (ring.entries.size() < kMostRemembered) {
        ring.entries.push_back(digest);
        return;
    }
    ring.entries[ring.next] = digest;
    ring.next = (ring.next + 1) % kMostRemembered;
}

Awaitable<bool> Login::check(asio::thread_pool& pool, const std::vector<WebUser>& users,
                             std::string authorization) {
    auto credentials = basic_credentials(authorization);
    wipe(authorization.data(), authorization.size());
    if (!credentials) co_return false;
    const std::string user = credentials->user;
    PasswordTask task = task_for(*credentials, users);
    const PasswordMemory::Digest digest = memory_.digest(user, task);
    if (const auto known = memory_.recall(digest)) co_return *known;
    std::function<bool()> work = [task = std::move(task), ended = ended_] {
        return !*ended && password_matches(task);
    };
    const bool accepted = co_await run_on<bool>(pool, std::move(work));
    memory_.keep(digest, accepted);
    co_return accepted;
}

}  // namespace mailprobed
