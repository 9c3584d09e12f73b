// SPDX-License-Identifier: Apache-2.0
// The daemon's parts wired as the daemon wires them, but without its clock-driven start of mails
// and its web server: a benchmark decides itself when a mail starts.
#pragma once

#include "daemon/api/probe_table.hpp"
#include "daemon/log/log.hpp"
#include "daemon/log/log_observer.hpp"
#include "daemon/metrics/metrics.hpp"
#include "probes/monitor/context.hpp"
#include "probes/monitor/observer_list.hpp"
#include "probes/monitor/prober.hpp"
#include "probes/monitor/watcher.hpp"
#include "probes/net/socket_channel.hpp"
#include "probes/net/task_group.hpp"

#include <boost/asio/io_context.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace mailprobed::bench {

/// The loopback server of a run.
struct ServerAddress {
    std::uint16_t smtp = 0;
    std::uint16_t pop3 = 0;
    /// PEM file; empty means no TLS at all, else both ports speak it from the first byte.
    std::string ca_file;
};

/// An account `name` of the loopback server, both halves; its password is `bench`.
[[nodiscard]] AccountSettings bench_account(const ServerAddress& server, const std::string& name);

/// A configuration without accounts and probes, logging at level info like the shipped one.
[[nodiscard]] Settings bench_settings();

/// Everything of one daemon but main().
class Rig {
  public:
    /// Every account with a reading half is a mailbox; `extra` is told every fact too. With a
    /// `state_directory` the journal is the durable one, as the daemon has it.
    Rig(Settings settings, Observer& extra);
    Rig(const Rig&) = delete;
    Rig& operator=(const Rig&) = delete;
    ~Rig() { stop(); }

    /// Cancels what runs and waits for its end.
    void stop();

    /// Starts the watchers.
    void watch();
    [[nodiscard]] Prober& prober(std::size_t probe) { return *probers_.at(probe); }
    [[nodiscard]] Context& context() noexcept { return context_; }
    [[nodiscard]] TaskGroup& tasks() noexcept { return tasks_; }
    [[nodiscard]] asio::io_context& loop() noexcept { return loop_; }

  private:
    void build();

    Settings settings_;
    Log log_;
    LogObserver log_observer_;
    Metrics metrics_;
    ProbeTable table_;
    ObserverList observers_;
    AuthBackoff login_{Duration::zero()};
    asio::io_context loop_{1};
    std::unique_ptr<Journal> journal_;
    Connector connector_;
    Context context_;
    std::vector<std::unique_ptr<Watcher>> watchers_;
    std::vector<std::unique_ptr<Prober>> probers_;
    TaskGroup tasks_;
};

}  // namespace mailprobed::bench
