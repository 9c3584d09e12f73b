// SPDX-License-Identifier: Apache-2.0
// What all probers and watchers of one monitor share.
#pragma once

#include "probes/domain/identity/delivery_path.hpp"
#include "probes/domain/identity/run_identity.hpp"
#include "probes/domain/ledger/ledger.hpp"
#include "probes/domain/ledger/wall_watch.hpp"
#include "probes/domain/plan/backoff.hpp"
#include "probes/domain/plan/look_memory.hpp"
#include "probes/monitor/mail_masks.hpp"
#include "probes/monitor/monitor.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mailprobed {

/// A probe as it is configured now, or was when it was removed. Whoever waits for something holds
/// copies of the pointers, for a reload replaces them.
struct Route {
    std::shared_ptr<const ProbeSettings> probe;
    std::shared_ptr<const AccountSettings> from;
    /// Where its mails end.
    MailboxIndex box = 0;
    /// Where its bounces come, if that is another mailbox and watched.
    std::optional<MailboxIndex> bounces;
    /// Shared by all probes that log in with one name; lives as long as the monitor.
    AuthBackoff* login = nullptr;
    /// Mails whose verdict the observer was not told: what is pending to it, for a verdict waits
    /// for the journal before it is told.
    std::uint64_t unreported = 0;
    /// It is no longer configured: its mails get their verdicts, no more start.
    bool removed = false;
    /// The observer was told so after the last verdict.
    bool retirement_reported = false;
    /// mailbox_number() of `box`.
    std::uint32_t mailbox_number = 0;
};

/// The shared state of one monitor; touched by the event loop only.
struct Context {
    Context(std::shared_ptr<const Settings> all, MonitorDependencies outside)
        : settings(std::move(all)),
          needs(std::move(outside)),
          ledger(settings->evidence),
          codec(settings->tag_key, needs.hmac, settings->previous_tag_key),
          instance(name_id(settings->instance)),
          runs(needs.run, needs.restored.runs) {
        const auto& converted = needs.restored.read_at;
        if (converted) static_cast<void>(wall.read(converted->first, converted->second));
    }

    std::shared_ptr<const Settings> settings;
    MonitorDependencies needs;
    Ledger ledger;
    TagCodec codec;
    MailMasks masks;
    std::uint32_t instance;
    RunIdentity runs;
    /// Read once a second while the monitor runs.
    WallWatch wall;
    /// By ProbeIndex; never fewer.
    std::vector<Route> routes;
    /// mailbox_number() by MailboxIndex.
    std::vector<std::uint32_t> mailbox_numbers;
    /// Makes the watcher of a mailbox plan again, for something changed in the ledger.
    std::function<void(MailboxIndex)> wake;
    /// What the looks in progress hold.
    LookMemory look_memory;
    /// Conversations open now.
    std::size_t sessions = 0;
    /// When each prober begins its next mail.
    std::list<Instant> ticks;
    /// The process is about to end: nothing new begins.
    bool stopping = false;
    /// Called for every verdict, after the observer.
    std::function<void(const Judgement&)> on_judgement;
};

/// Counts one open conversation for as long as it lives.
class SessionSlot {
  public:
    explicit SessionSlot(Context& context) : context_(context) { ++context_.sessions; }
    SessionSlot(const SessionSlot&) = delete;
    SessionSlot& operator=(const SessionSlot&) = delete;
    ~SessionSlot() { --context_.sessions; }

  private:
    Context& context_;
};

/// Shows when a prober begins its next mail, for as long as it runs.
class PlannedTick {
  public:
    explicit PlannedTick(Context& context)
        : context_(context), place_(context.ticks.insert(context.ticks.end(), Instant::max())) {}
    PlannedTick(const PlannedTick&) = delete;
    PlannedTick& operator=(const PlannedTick&) = delete;
    ~PlannedTick() { context_.ticks.erase(place_); }

    void at(Instant due) { *place_ = due; }

  private:
    Context& context_;
    std::list<Instant>::iterator place_;
};

/// What is known beside the ledger's decision when it is reported.
struct ReportContext {
    /// When the plan wanted the look that led to it.
    std::optional<Instant> planned_at;
    /// The attempt whose copy was seen; 0 if none was.
    std::uint8_t attempt = 0;
    /// The way of the mail by its Received fields.
    DeliveryPath delivery_path;
};

/// Tells journal, then observer what the ledger decided; says whether the journal has it all.
Awaitable<Durability> report(Context& context, Outcome outcome, ReportContext circumstances);

/// True if a mail with this tag, which the ledger does not know, is to be left alone: a second
/// daemon that has our instance and key sent it, and may still await it.
[[nodiscard]] bool is_of_other_daemon(const Context& context, const Tag& tag);

/// Tells the observer how many mails of `probe` are pending, and that it is gone if it is.
void report_pending(Context& context, ProbeIndex probe);

}  // namespace mailprobed
