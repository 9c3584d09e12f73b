// SPDX-License-Identifier: Apache-2.0
// The monitor's eye on the wall clock.
#pragma once

#include "probes/monitor/context.hpp"

namespace mailprobed {

/// Tells ledger and journal if the wall clock was set since the last reading; true if it was.
bool read_clocks(Context& context);

/// Reads both clocks once a second until cancelled: tells ledger and journal when the wall clock
/// was set, and the journal once a minute how the clocks stand.
Awaitable<void> watch_clocks(Context& context);

}  // namespace mailprobed
