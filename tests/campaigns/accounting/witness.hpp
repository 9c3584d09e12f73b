// SPDX-License-Identifier: Apache-2.0
// Sits between the daemon's conversations and their sockets: gives each conversation its address
// and notes the instants that only the client can know (first connect, final dot, login command).
#pragma once

#include "probes/monitor/monitor.hpp"
#include "probes/net/socket_channel.hpp"
#include "tests/campaigns/accounting/fault_plan.hpp"
#include "tests/campaigns/accounting/history.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

namespace mailprobed::accounting {

/// Makes channels for the monitor, and learns from what they carry.
class Witness {
  public:
    /// `dead_port` refuses connections.
    Witness(const Settings& settings, FaultPlan& plan, History& history, Connector& connector,
            std::uint16_t dead_port);

    /// Whether no look into a mailbox shall succeed now; asked with the number of the mailbox.
    std::function<bool(std::size_t)> is_down;
    /// Called for every mail that the server is going to throw away: the account it goes to and
    /// the octets on the wire.
    std::function<void(const std::string&, std::string_view)> on_doomed;

    /// A channel to `endpoint`, which must be one of the settings.
    [[nodiscard]] std::unique_ptr<Channel> make(const Endpoint& endpoint);

  private:
    struct Route {
        bool sends = false;
        /// Number of the probe or of the mailbox.
        std::size_t number = 0;
        std::string name;
        /// Where the mails of a probe end.
        std::string ends_in;
        std::size_t mails = 0;
    };
    std::unique_ptr<Channel> make_sending(Route& route, Endpoint endpoint);
    std::unique_ptr<Channel> make_reading(const Route& route, Endpoint endpoint);

    FaultPlan& plan_;
    History& history_;
    Connector& connector_;
    std::uint16_t dead_port_;
    std::unordered_map<const Endpoint*, Route> routes_;
};

}  // namespace mailprobed::accounting
