// SPDX-License-Identifier: Apache-2.0
// A mail host without sockets: it takes mails over a channel in memory and shows them through a
// mailbox that speaks no protocol at all.
#pragma once

#include "probes/monitor/monitor.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace mailprobed::test {

/// The host; its sessions must not outlive it.
class MemoryHost {
  public:
    /// One mail in the mailbox.
    struct Stored {
        std::string id;
        /// With CRLF line ends.
        std::string raw;
    };
    /// What goes wrong.
    struct Habits {
        /// Mails are accepted and thrown away.
        bool loses = false;
        bool refuses_logins = false;
        /// Asked for a line of its listing again it does not answer.
        bool repeats_nothing = false;
        /// The listing ends with a failure behind its last line.
        bool breaks_listings = false;
    };

    MemoryHost() = default;
    explicit MemoryHost(Habits habits) : habits_(habits) {}

    /// Channels that lead to the host, for submissions.
    [[nodiscard]] ChannelFactory channels();
    /// Sessions with its one mailbox.
    [[nodiscard]] MailboxSessions mailboxes();
    /// Puts a mail into the mailbox.
    void deliver(std::string raw);

    [[nodiscard]] const std::vector<Stored>& stored() const noexcept { return stored_; }
    [[nodiscard]] unsigned logins() const noexcept { return logins_; }
    /// How often it was asked to remove something.
    [[nodiscard]] unsigned removals() const noexcept { return removals_; }

  private:
    class Line;
    class Visit;

    Habits habits_;
    std::vector<Stored> stored_;
    unsigned last_id_ = 0;
    unsigned logins_ = 0;
    unsigned removals_ = 0;
};

}  // namespace mailprobed::test
