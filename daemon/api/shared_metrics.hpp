// SPDX-License-Identifier: Apache-2.0
// One rendered text of metrics for all who ask at once: many slow clients must not hold many
// copies.
#pragma once

#include "daemon/http/response.hpp"
#include "probes/base/time.hpp"

#include <functional>
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

}  // namespace mailprobed
