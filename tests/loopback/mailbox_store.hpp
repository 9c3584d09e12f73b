// SPDX-License-Identifier: Apache-2.0
// Mailboxes in memory: who gets what when it becomes visible, and who holds the lock. Server's
// thread only.
#pragma once

#include "tests/loopback/event.hpp"
#include "tests/loopback/types.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace mailprobed::loopback {

/// A stored mail; shared between the mailbox and the sessions that have it in their snapshot.
struct Message {
    std::shared_ptr<const MailFacts> facts;
    std::string raw;
    /// Where the body begins in `raw`.
    std::size_t body = 0;
};

/// A mail in a mailbox under its present unique id.
struct Entry {
    std::shared_ptr<const Message> message;
    std::string uidl;

    [[nodiscard]] std::uint64_t id() const { return message->facts->id; }
};

/// One user's mailbox.
struct Mailbox {
    std::string username;
    std::string password;
    /// Visible mails in the order they became so.
    std::vector<Entry> entries;
    /// Mails under way, by the instant they become visible.
    std::multimap<std::int64_t, Entry> under_way;
    /// Mails taken away under a running session's feet.
    std::unordered_set<std::uint64_t> gone;
    /// The session that holds the lock (RFC 1939 4); 0 for none.
    std::uint64_t lock_holder = 0;
    /// The last good POP3 login; 0 for none.
    std::int64_t last_login = 0;
};

/// The lock holder of Server::lock_mailbox().
inline constexpr std::uint64_t kForeignHolder = ~std::uint64_t{0};

/// All mailboxes of a server.
class MailboxStore {
  public:
    /// `seed` goes into the unique ids, `on_visible` hears of each mail that becomes visible.
    MailboxStore(const std::vector<Account>& accounts, std::uint64_t seed,
                 std::function<void(const std::shared_ptr<const MailFacts>&)> on_visible);

    /// By mail address, without regard to case; null if nobody has it.
    [[nodiscard]] Mailbox* by_address(std::string_view address) const;
    /// By user name; null if there is none.
    [[nodiscard]] Mailbox* by_user(std::string_view username) const;

    [[nodiscard]] std::uint64_t next_id() noexcept { return ++last_id_; }
    [[nodiscard]] std::string next_uidl();

    /// Stores a mail that becomes visible at facts->visible_ns.
    void deliver(Mailbox& mailbox, Entry entry);
    /// Makes visible what is due at `now`.
    void mature(std::int64_t now);
    /// When the next mail becomes visible.
    [[nodiscard]] std::optional<std::int64_t> next_due() const;

    /// Removes one mail; false if it is not there.
    bool remove(Mailbox& mailbox, std::uint64_t id);
    /// Removes all mails, those under way included.
    void clear(Mailbox& mailbox);

  private:
    using Due = std::pair<std::int64_t, Mailbox*>;

    std::string uidl_prefix_;
    std::function<void(const std::shared_ptr<const MailFacts>&)> on_visible_;
    std::uint64_t last_id_ = 0;
    std::uint64_t last_uidl_ = 0;
    std::unordered_map<std::string, std::unique_ptr<Mailbox>> by_user_;
    std::unordered_map<std::string, Mailbox*> by_address_;
    std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;
};

}  // namespace mailprobed::loopback
