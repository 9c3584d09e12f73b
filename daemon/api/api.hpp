// SPDX-License-Identifier: Apache-2.0
// The answers under /api/v1/, described in daemon/pages/openapi.json. Everything about mails comes
// from the ledger, so it survives restarts; asked on a thread beside the event loop.
#pragma once

#include "daemon/api/probe_table.hpp"
#include "daemon/api/target.hpp"
#include "daemon/http/response.hpp"

#include <atomic>
#include <chrono>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace mailprobed {

/// What the event loop knows at the moment of a request.
struct ApiState {
    std::vector<ProbeRow> probes;
    std::string instance;
    bool journal_healthy = true;
    WallTime now;
};

/// Who asks.
struct ApiClient {
    /// May see addresses, transcripts and what servers said.
    bool full = false;
    /// May send mails.
    bool may_run = false;
};

/// Answers requests, one at a time.
class Api {
  public:
    /// `ledger` is the path of the database.
    explicit Api(std::string ledger) : ledger_([path = std::move(ledger)] { return path; }) {}
    /// `ledger` is asked at each question where that is now.
    explicit Api(std::function<std::string()> ledger) : ledger_(std::move(ledger)) {}

    /// How long an answer may take.
    static constexpr std::chrono::seconds kPatience{10};

    /// The answer to a GET; errors are answers, too.
    [[nodiscard]] WebResponse answer(const ApiTarget& target, const ApiState& state,
                                     ApiClient client);

    /// Gives up what is being answered and refuses what is asked later; any thread may call it.
    void end() noexcept { ended_ = true; }

  private:
    using Clock = std::chrono::steady_clock;
    struct Cached {
        Clock::time_point until{};
        std::string text;
    };

    [[nodiscard]] std::string content(const ApiTarget& target, const ApiState& state,
                                      ApiClient client, Clock::time_point give_up);
    [[nodiscard]] std::string probes(class LedgerReader& ledger, const ApiState& state,
                                     ApiClient client);
    [[nodiscard]] std::string window(LedgerReader& ledger, const ApiTarget& target,
                                     const ProbeRow& row, WallTime now);
    void forget_others(const ApiState& state);

    std::function<std::string()> ledger_;
    std::atomic<bool> ended_{false};
    /// By probe and window, that of the summary is empty: what takes long to count is counted less
    /// often.
    std::map<std::pair<std::string, std::string>, Cached> answers_;
};

/// An error as the API tells it.
[[nodiscard]] WebResponse api_error(unsigned status, std::string_view text);
/// `body` is JSON.
[[nodiscard]] WebResponse api_answer(unsigned status, std::string body);

}  // namespace mailprobed
