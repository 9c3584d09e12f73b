// SPDX-License-Identifier: Apache-2.0
// The daemon's claims about real mails on real sockets, to be held against the server's log.
#pragma once

#include "tests/campaigns/bench/rig.hpp"
#include "tests/campaigns/bench/statistics.hpp"

#include <string>

namespace mailprobed::bench {

/// One measurement. The server's delays are log-uniform in 0.2 s to 600 s, divided by `scale`;
/// so is the poll plan.
struct AccuracyWish {
    ServerAddress server;
    /// Mailboxes, each with one probe that sends once a second.
    std::size_t mailboxes = 60;
    double scale = 100;
    /// Mails that start within this time count.
    std::chrono::seconds sending{36};
    /// Gets one line for each mail that counts: id (hex), L, U, planned gap (ns), verdict.
    std::string output;
};

/// Runs the probes and writes `wish.output`; returns how many mails are in it.
[[nodiscard]] JsonObject observe_accuracy(const AccuracyWish& wish);

}  // namespace mailprobed::bench
