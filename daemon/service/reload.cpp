// SPDX-License-Identifier: Apache-2.0
// Coalescing of requests, and the comparison of two configurations.
#include "daemon/service/reload.hpp"

#include "config/load/key_changes.hpp"
#include "probes/net/run_on.hpp"
#include "probes/net/task_group.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <utility>

namespace mailprobed {

Reloader::Reloader(const Executor& executor, std::function<void()> begin, Load load, Apply apply)
    : begin_(std::move(begin)),
      load_(std::move(load)),
      apply_(std::move(apply)),
      wanted_(executor),
      // Set once and for all: setting it again would wake whoever else waits.
      served_now_(executor, Instant::max()) {}

Awaitable<void> Reloader::run() {
    for (;;) {
        while (asked_ == served_)
            co_await sleep_until(wanted_, Instant::max());
        const std::uint64_t serves = asked_;
        begin_();
        LoadedConfig config = co_await run_on<LoadedConfig>(pool_, load_);
        last_ = apply_(std::move(config));
        served_ = serves;
        served_now_.cancel();
    }
}

void Reloader::request() {
    ++asked_;
    wanted_.cancel();
}

Awaitable<ReloadResult> Reloader::reload() {
    request();
    const std::uint64_t mine = asked_;
    // A cancellation throws where the coroutine is suspended next or returns.
    while (served_ < mine)
        co_await served_now_.async_wait(asio::as_tuple(asio::use_awaitable_t<Executor>{}));
    co_return last_;
}

std::string reasons_for_restart(const Settings& now, const Settings& next) {
    std::string reasons;
    for (const std::string& key : keys_that_need_restart(now, next)) {
        reasons +=
            key +
            " cannot change while the daemon runs; restart it, mails in flight survive that\n";
    }
    const bool known = next.tag_key == now.tag_key || next.previous_tag_key == now.tag_key;
    if (!known) {
        reasons +=
            "tag_key is another one, and tag_key.previous is not the one in use: mails in flight "
            "would not be recognised; name the old key as tag_key.previous\n";
    }
    return reasons;
}

std::string difference(const Settings& now, const Settings& next) {
    std::size_t added = 0;
    std::size_t changed = 0;
    std::size_t same = 0;
    const auto account_of = [](const Settings& settings, const std::string& name) {
        const AccountSettings* account = settings.account(name);
        return account == nullptr ? AccountSettings{} : *account;
    };
    for (const ProbeSettings& probe : next.probes) {
        const auto old = std::ranges::find(now.probes, probe.name, &ProbeSettings::name);
        if (old == now.probes.end()) {
            ++added;
        } else if (*old == probe && account_of(now, probe.from) == account_of(next, probe.from) &&
                   account_of(now, probe.to) == account_of(next, probe.to)) {
            ++same;
        } else {
            ++changed;
        }
    }
    const std::size_t removed = now.probes.size() - changed - same;
    return std::to_string(added) + " probes added, " + std::to_string(removed) + " removed, " +
           std::to_string(changed) + " changed, " + std::to_string(same) + " as before";
}

}  // namespace mailprobed
