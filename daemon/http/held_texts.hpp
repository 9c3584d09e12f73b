// SPDX-License-Identifier: Apache-2.0
// Answers that several clients share and that are being sent: slow clients must not hold many.
#pragma once

#include "probes/base/time.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <string>

namespace mailprobed {

/// The shared texts that are being sent, and who is sending them; for the event loop.
class HeldTexts {
  public:
    /// So many texts may be sent at once; the next one makes the clients of the oldest leave, if
    /// they had time enough.
    static constexpr std::size_t kMost = 3;
    /// As long a text may take for sure.
    static constexpr Duration kTime = std::chrono::seconds{2};

    /// A text that is being sent, as long as this lives; `close` ends it early.
    class Hold {
      public:
        Hold(HeldTexts& all, std::shared_ptr<const std::string> text, Instant since,
             std::function<void()> close);
        Hold(const Hold&) = delete;
        Hold& operator=(const Hold&) = delete;
        ~Hold();

      private:
        friend class HeldTexts;
        struct Entry {
            std::shared_ptr<const std::string> text;
            Instant since;
            std::function<void()> close;
        };
        /// A coroutine that is destroyed with its loop may outlive the server.
        std::shared_ptr<std::list<Entry>> all_;
        std::list<Entry>::iterator entry_;
    };

    /// Makes room for one more text.
    void make_room(Instant now);

  private:
    std::shared_ptr<std::list<Hold::Entry>> entries_ = std::make_shared<std::list<Hold::Entry>>();
};

}  // namespace mailprobed
