// SPDX-License-Identifier: Apache-2.0
// The composition: all probers and watchers of one configuration over one ledger.
#pragma once

#include "probes/domain/identity/tag.hpp"
#include "probes/domain/ledger/ledger.hpp"
#include "probes/domain/ledger/restored.hpp"
#include "probes/domain/settings/settings.hpp"
#include "probes/monitor/journal.hpp"
#include "probes/monitor/mailbox_sessions.hpp"
#include "probes/monitor/observer.hpp"
#include "probes/net/channel.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mailprobed {

/// Makes a channel to a server; the endpoint outlives the channel.
using ChannelFactory = std::function<std::unique_ptr<Channel>(const Endpoint&)>;

/// What the monitor needs from outside.
struct MonitorDependencies {
    Executor executor;
    Journal& journal;
    Observer& observer;
    ChannelFactory channels;
    HmacFunction hmac;
    /// Random numbers for mail ids.
    std::function<MailId()> new_mail_id;
    /// Conversations open at once at most (descriptors).
    std::size_t max_sessions = 10'000;
    /// What an earlier run left; may be empty.
    RestoredState restored{};
    /// What tags say of this run; 0: nothing, and mails of all runs count as sent by this daemon.
    std::uint32_t run = 0;
    /// Tests hand in mailboxes of their own.
    MailboxSessions mailboxes = mailbox_session;
};

/// What came of sending a mail out of turn.
struct SentNow {
    /// False if there is no such probe, or the monitor is about to end.
    bool known = false;
    /// Why no mail starts now.
    std::optional<MissReason> hindrance;
    /// How long the account's login rests after it was refused.
    Duration login_pause{};
    MailId mail = 0;
};

/// Watches all routes of a configuration until cancelled.
class Monitor {
  public:
    /// The tag key of `settings` is set.
    Monitor(Settings settings, MonitorDependencies needs);
    /// The same with settings that others hold, too.
    Monitor(std::shared_ptr<const Settings> settings, MonitorDependencies needs);
    Monitor(const Monitor&) = delete;
    Monitor& operator=(const Monitor&) = delete;
    ~Monitor();

    /// Runs all probes on their grids; returns only by cancellation.
    Awaitable<void> run();
    /// Goes on by other settings: probes that did not change keep their phase, mails in flight keep
    /// their mailbox and deadline, removed probes only wait for the verdicts of theirs. Instance,
    /// evidence and tag keys must fit what is in flight.
    void reconfigure(Settings settings);
    /// Sends one mail of `probe` now and returns when it has its verdict.
    Awaitable<Judgement> run_once(std::string probe);
    /// True if the configuration has this probe.
    [[nodiscard]] bool knows(std::string_view probe) const;
    /// Begins one mail of `probe` beside its ticks; its way and verdict are those of any other.
    SentNow send_now(std::string_view probe);
    /// Begins no further mail and no further look; conversations that are open go on. For good.
    void stop_ticks();
    /// Conversations open now.
    [[nodiscard]] std::size_t sessions() const;
    /// The earliest start that a prober plans; in the past if the prober did not come to it yet.
    [[nodiscard]] std::optional<Instant> next_tick() const;
    /// When the mailbox that mails of `probe` end in is looked into next, as planned now;
    /// Instant::max() while no look is planned.
    [[nodiscard]] std::optional<Instant> next_look(std::string_view probe) const;
    /// The numbers of the accounting identity.
    [[nodiscard]] LedgerTotals totals() const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace mailprobed
