// SPDX-License-Identifier: Apache-2.0
// A mailbox and its server as the world has them, in a time of their own: what is where since when
// is known here, and nowhere else is it asked.
#pragma once

#include "probes/base/time.hpp"

#include <cstdint>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace mailprobed::model {

/// How a server makes unique ids.
enum class Ids : std::uint8_t { lasting, restarting, lowest_free, position, none };
/// What LIST says of sizes.
enum class Sizes : std::uint8_t { right, loose, zero, blocks };
/// What a server does about lines that begin with a dot.
enum class Stuffing : std::uint8_t { after_crlf, after_any_line_end, none };
/// What a server answers to UIDL n and LIST n.
enum class Repeats : std::uint8_t { line, whole_list, refused };

/// The habits of one server.
struct Habits {
    Ids ids = Ids::lasting;
    Stuffing stuffing = Stuffing::after_crlf;
    Repeats repeats = Repeats::line;
    bool pipelining = true;
    bool has_top = true;
    /// Its snapshot is taken between the connect and the login.
    bool early_snapshot = false;
    Sizes sizes = Sizes::right;
    /// Our mails stay where they are.
    bool keeps_ours = false;
    /// Share of times in which its owner empties the mailbox.
    double emptied = 0;
    /// Share of sessions in which STAT and UIDL do not know the newest message yet, which LIST
    /// does.
    double lags = 0;
    /// Share of sessions in which a number is given twice in the place of another.
    double twice = 0;
    /// Shares of sessions in which it misbehaves so.
    double partial = 0, stat_zero = 0, swapped = 0, quit_lost = 0, keeps_deleted = 0, dies = 0;
    /// Share of entries that cannot be shown for a while.
    double unreadable = 0;
    /// Share of strangers whose text is made to be taken for answers.
    double poison = 0;
};

/// A message in the mailbox.
struct Message {
    std::uint64_t serial = 0;
    std::string uid;
    std::string text;
    /// Nonzero if it is one of ours.
    std::uint64_t mail = 0;
    Instant since;
    bool unreadable = false;
};

/// The mailbox.
class World {
  public:
    World(Habits habits, std::uint64_t seed);

    /// The time.
    [[nodiscard]] Instant now() const noexcept { return now_; }
    /// Lets time pass; what is due arrives.
    void pass(Duration time);
    void pass_until(Instant at);
    /// A mail of ours arrives at `at`.
    void will_arrive(std::uint64_t mail, std::string text, Instant at);
    /// Strangers' mail comes, and its owner removes some.
    void stir();

    [[nodiscard]] const Habits& habits() const noexcept { return habits_; }
    [[nodiscard]] const std::vector<Message>& messages() const noexcept { return messages_; }
    /// The server removes what it was told to.
    void remove(const std::vector<std::uint64_t>& serials);
    /// A number in [0, 1).
    [[nodiscard]] double chance() { return std::uniform_real_distribution<>(0, 1)(random_); }
    [[nodiscard]] std::uint64_t below(std::uint64_t bound) {
        return std::uniform_int_distribution<std::uint64_t>(0, bound - 1)(random_);
    }

    /// Strangers' messages that the server removed.
    std::uint64_t strangers_removed = 0;
    /// Mails of ours that the owner of the mailbox removed.
    std::set<std::uint64_t> taken;

  private:
    void add(std::uint64_t mail, std::string text);
    [[nodiscard]] std::string new_uid();
    [[nodiscard]] std::string stranger();
    [[nodiscard]] std::string poison();

    Habits habits_;
    std::mt19937_64 random_;
    Instant now_{std::chrono::hours{1}};
    std::vector<Message> messages_;
    std::multimap<Instant, std::pair<std::uint64_t, std::string>> due_;
    std::uint64_t next_serial_ = 1;
    /// Of ids that begin anew where the mailbox is empty.
    std::uint64_t next_id_ = 1;
};

/// Habits drawn at random.
[[nodiscard]] Habits draw_habits(std::uint64_t seed);

}  // namespace mailprobed::model
