// SPDX-License-Identifier: Apache-2.0
// One mail of one probe outside its schedule, and the looks that follow it.
#pragma once

#include "probes/monitor/context.hpp"
#include "probes/monitor/observer.hpp"
#include "probes/net/task_group.hpp"

#include <optional>

namespace mailprobed {

class Prober;
class Watcher;

/// Sends a mail and looks for it until there is a verdict. Must outlive the tasks of its group.
class ByHand {
  public:
    /// `reports` watches the sender's mailbox, null if that is the one of `arrivals`.
    ByHand(Context& context, Prober& prober, Watcher& arrivals, Watcher* reports)
        : context_(context), prober_(prober), arrivals_(arrivals), reports_(reports) {}

    /// Ends when the look that brought the verdict has removed what it found, and `tasks` are over.
    Awaitable<Judgement> run(TaskGroup& tasks);

  private:
    Awaitable<void> send();
    Awaitable<void> look_for_reports();
    Awaitable<void> look();

    Context& context_;
    Prober& prober_;
    Watcher& arrivals_;
    Watcher* reports_;
    bool sent_ = false;
    bool reports_done_ = false;
    std::optional<Judgement> verdict_;
};

}  // namespace mailprobed
