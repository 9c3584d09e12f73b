// SPDX-License-Identifier: Apache-2.0
// The experiment that the project began with.
#include "daemon/once.hpp"

#include "daemon/log.hpp"
#include "daemon/log_observer.hpp"
#include "daemon/observer_list.hpp"
#include "daemon/transcript.hpp"
#include "probes/monitor/monitor.hpp"
#include "probes/net/boot_clock.hpp"
#include "probes/net/crypto.hpp"
#include "probes/net/socket_channel.hpp"
#include "probes/net/task_group.hpp"

#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <optional>

namespace mailprobed {
namespace {

/// Notes what `once` tells at the end: whether its mail was removed.
class Leftovers final : public Observer {
  public:
    void mail_judged(const MailJudged& fact) override { mail_ = fact.mail; }
    void look_done(const LookDone& fact) override { deleted_ += fact.deleted; }
    [[nodiscard]] std::uint64_t mail() const noexcept { return mail_; }
    [[nodiscard]] bool removed() const noexcept { return deleted_ > 0; }

  private:
    std::uint64_t mail_ = 0;
    std::uint32_t deleted_ = 0;
};

Awaitable<void> wait_for(Monitor& monitor, std::string probe, std::optional<Judgement>& result) {
    result = co_await monitor.run_once(std::move(probe));
}

std::string hex(std::uint64_t id) {
    std::array<char, 17> text{};
    std::snprintf(text.data(), text.size(), "%016llx", static_cast<unsigned long long>(id));
    return text.data();
}

}  // namespace

ExitStatus run_once(Settings settings, const std::string& probe, bool transcript) {
    const auto found = std::ranges::find(settings.probes, probe, &ProbeSettings::name);
    if (found == settings.probes.end()) {
        std::cerr << "mailprobed: the configuration has no probe called " << probe << "; it has";
        for (const ProbeSettings& known : settings.probes)
            std::cerr << ' ' << known.name;
        std::cerr << '\n';
        return ExitStatus::usage;
    }
    // Its mails must be strangers to a daemon that watches the same mailbox, and the other way
    // round.
    settings.instance += "-once-" + hex(random_u64());

    asio::io_context io(1);
    Log log(settings.log);
    LogObserver log_observer(log);
    Transcript printed(std::cout, BootClock::now);
    Leftovers leftovers;
    ObserverList observers;
    if (transcript) observers.add(printed);
    // At debug and trace the log is what the operator asked for; otherwise the output below is.
    if (settings.log.level <= LogLevel::debug) observers.add(log_observer);
    observers.add(leftovers);

    MemoryJournal journal;
    Connector connector(io.get_executor());
    Monitor monitor(settings, {io.get_executor(),
                               journal,
                               observers,
                               [&connector](const Endpoint& to) { return connector.make(to); },
                               hmac_sha256,
                               random_u64,
                               10'000,
                               {}});
    std::optional<Judgement> judgement;
    std::string problem;
    TaskGroup tasks(io.get_executor(), [&problem](const std::exception_ptr& error) {
        try {
            std::rethrow_exception(error);
        } catch (const std::exception& e) {
            problem = e.what();
        }
    });
    tasks.spawn(wait_for(monitor, probe, judgement));
    io.run();
    if (!judgement) {
        std::cerr << "mailprobed: internal error: " << problem << '\n';
        return ExitStatus::internal;
    }
    if (transcript) {
        printed.summary();
    } else {
        std::cout << probe << ": " << to_string(judgement->verdict);
        if (judgement->verdict == Verdict::delivered) {
            std::cout << " after " << readable(judgement->upper - judgement->started)
                      << " (uncertainty " << readable(judgement->upper - judgement->lower) << ')';
        }
        if (judgement->failure) {
            std::cout << " at stage " << to_string(judgement->failure->stage) << ", cause "
                      << to_string(judgement->failure->cause) << ": " << judgement->detail;
        }
        std::cout << '\n';
    }
    if (judgement->verdict != Verdict::send_failed && !leftovers.removed()) {
        std::cout << "The mail " << hex(leftovers.mail())
                  << " was not removed; if it arrives later it stays in the mailbox of "
                  << found->to << ".\n";
    }
    return judgement->verdict == Verdict::delivered ? ExitStatus::ok : ExitStatus::not_delivered;
}

}  // namespace mailprobed
