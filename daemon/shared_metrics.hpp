// SPDX-License-Identifier: Apache-2.0
// One rendered text of metrics for all who ask at once: many slow clients must not hold many
// copies.
#pragma once

#include "daemon/web_response.hpp"
#include "probes/domain/time.hpp"

#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <vector>

namespace mailprobed {

/// Renders texts and hands the same one to several; its functions run one after the other.
class SharedMetrics {
  public:
    /// While two texts are alive because somebody is slow, the newer one is handed out for so long.
    static constexpr Duration kSlack = std::chrono::seconds{1};

    /// The text for a client that asked at `asked`: one whose state was taken at or after that, or
    /// under pressure one that is no older than kSlack; `render` makes a new one. `now` is called
    /// when the answer is made.
    [[nodiscard]] WebResponse answer(Instant asked, bool gzip,
                                     const std::function<std::string()>& render,
                                     const std::function<Instant()>& now);

  private:
    using Text = std::shared_ptr<const std::string>;
    struct Rendering {
        Instant began{};
        std::weak_ptr<const std::string> plain;
        std::weak_ptr<const std::string> gzip;

        [[nodiscard]] bool alive() const noexcept { return !plain.expired() || !gzip.expired(); }
    };

    std::vector<Rendering> renderings_;
};

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
