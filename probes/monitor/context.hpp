// SPDX-License-Identifier: Apache-2.0
// What all probers and watchers of one monitor share.
#pragma once

#include "probes/domain/ledger.hpp"
#include "probes/monitor/journey.hpp"
#include "probes/monitor/monitor.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace mailprobed {

/// The shared state of one monitor; touched by the event loop only.
struct Context {
    Context(const Settings& all, MonitorNeeds outside)
        : settings(all),
          needs(std::move(outside)),
          ledger(all.evidence),
          codec(all.tag_key, needs.hmac, all.previous_tag_key),
          instance(name_id(all.instance)),
          untold(all.probes.size()) {}

    const Settings& settings;
    MonitorNeeds needs;
    Ledger ledger;
    TagCodec codec;
    std::uint32_t instance;
    /// Mails of each probe whose verdict the observer was not told: what is pending to it, for a
    /// verdict waits for the journal before it is told.
    std::vector<std::uint64_t> untold;
    /// Conversations open now.
    std::size_t sessions = 0;
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

/// What is known beside the ledger's decision when it is reported.
struct Circumstances {
    /// When the plan wanted the look that led to it.
    std::optional<Instant> planned_at;
    /// The attempt whose copy was seen; 0 if none was.
    std::uint8_t attempt = 0;
    /// The way of the mail by its Received fields.
    Journey journey;
};

/// Tells journal, then observer what the ledger decided; says whether the journal has it all.
Awaitable<Durability> report(Context& context, Outcome outcome, Circumstances circumstances);

/// Tells the observer how many mails of `probe` are pending.
void report_pending(Context& context, ProbeIndex probe);

}  // namespace mailprobed
