// SPDX-License-Identifier: Apache-2.0
// The places for connections, and who gives way when all are taken.
#pragma once

#include "probes/base/time.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>

namespace mailprobed {

/// What a connection is doing.
enum class ConnectionPhase : std::uint8_t {
    /// Its first request, or the handshake before it, is not complete; or it is being closed.
    starting,
    /// It has been answered and waits for a further request, or for the rest of one.
    waiting,
    /// It is being answered.
    answering,
    /// Its answer is being sent.
    sending,
};

/// A bounded set of connections. One that says nothing has no right to its place: when all are
/// taken, a newcomer gets that of the one which has kept the server waiting longest for its first
/// request; if those are the lesser half, that of the one which has been idle longest; if there is
/// none of either, that of the one which has been taking its answer longest.
class WebSlots {
    struct Entry {
        std::function<void()> close;
        ConnectionPhase occupation = ConnectionPhase::starting;
        Instant since;
        bool leaving = false;
    };
    struct Table {
        std::list<Entry> entries;
        std::size_t leaving = 0;
    };

  public:
    /// One taken place; given back when it dies, also after the table has.
    class Slot {
      public:
        Slot(std::shared_ptr<Table> table, std::list<Entry>::iterator entry)
            : table_(std::move(table)), entry_(entry) {}
        Slot(const Slot&) = delete;
        Slot& operator=(const Slot&) = delete;
        Slot(Slot&&) noexcept = default;
        Slot& operator=(Slot&&) = delete;
        ~Slot();

        /// How to end the connection early; must be taken back before what it uses dies.
        void closes_with(std::function<void()> close) const { entry_->close = std::move(close); }
        /// What the connection does from `now` on.
        void does(ConnectionPhase occupation, Instant now) const;

      private:
        std::shared_ptr<Table> table_;
        std::list<Entry>::iterator entry_;
    };

    /// `most` places; a connection that was answered may be idle for `patience` without danger.
    WebSlots(std::size_t most, Duration patience)
        : most_(most), patience_(patience), table_(std::make_shared<Table>()) {}

    /// True if there is a place now, perhaps because somebody was made to leave.
    [[nodiscard]] bool make_room(Instant now);
    /// Takes a place.
    [[nodiscard]] Slot take(Instant now);

  private:
    std::size_t most_;
    Duration patience_;
    std::shared_ptr<Table> table_;
};

}  // namespace mailprobed
