// SPDX-License-Identifier: Apache-2.0
// A mail out of turn, asked for by a person.
#pragma once

#include "daemon/http/response.hpp"
#include "probes/base/time.hpp"
#include "probes/monitor/monitor.hpp"

#include <map>
#include <string>

namespace mailprobed {

/// Keeps people from sending too much: providers lock accounts that do.
class RunLimit {
  public:
    /// Between two mails of one probe.
    static constexpr Duration kGap = std::chrono::seconds{10};

    /// How long `probe` has to wait; zero if it may run.
    [[nodiscard]] Duration wait(const std::string& probe, Instant now);
    /// A mail of `probe` was sent.
    void sent(const std::string& probe, Instant now) { last_[probe] = now; }

  private:
    std::map<std::string, Instant> last_;
};

/// Sends a mail of `probe` and says which, or why not, in the form of the API.
[[nodiscard]] WebResponse run_now(Monitor& monitor, RunLimit& limit, const std::string& probe,
                                  Instant now);

}  // namespace mailprobed
