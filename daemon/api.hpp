// SPDX-License-Identifier: Apache-2.0
// The answers under /api/v1/, described in daemon/pages/openapi.json. Everything about mails comes
// from the ledger, so it survives restarts; asked on a thread beside the event loop.
#pragma once

#include "daemon/api_target.hpp"
#include "daemon/probe_table.hpp"
#include "daemon/web_response.hpp"

#include <chrono>
#include <map>
#include <string>
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
    explicit Api(std::string ledger) : ledger_(std::move(ledger)) {}

    /// The answer to a GET; errors are answers, too.
    [[nodiscard]] WebResponse answer(const ApiTarget& target, const ApiState& state,
                                     ApiClient client);

  private:
    struct Cached {
        std::chrono::steady_clock::time_point until{};
        std::string text;
    };

    [[nodiscard]] std::string probes(const ApiState& state, ApiClient client);
    [[nodiscard]] const std::string& summary(class LedgerReader& ledger, const ProbeRow& row,
                                             WallTime now);

    std::string ledger_;
    /// Summaries by probe: what takes long to count is counted less often.
    std::map<std::string, Cached, std::less<>> summaries_;
};

/// An error as the API tells it.
[[nodiscard]] WebResponse api_error(unsigned status, std::string_view text);
/// `body` is JSON.
[[nodiscard]] WebResponse api_answer(unsigned status, std::string body);

}  // namespace mailprobed
