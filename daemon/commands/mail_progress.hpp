// SPDX-License-Identifier: Apache-2.0
// What a person who waits for `once` wants to know: how far the one mail is.
#pragma once

#include "probes/monitor/observer.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mailprobed {

/// Follows one mail of one probe.
class MailProgress final : public Observer {
  public:
    /// `tls` of the sending half; times are those of the caller's clock. Looks into the mailbox of
    /// account `sender`, where only reports of non-delivery come, are not told.
    MailProgress(std::string probe, TlsMode tls, Duration deadline, Instant start,
                 std::string sender = {});

    void stage_done(const StageDone& fact) override;
    void attempt_refused(std::string_view probe, std::uint64_t mail, StageCause failure) override;
    void look_done(const LookDone& fact) override;
    void look_stage_done(std::string_view mailbox, Stage stage, Duration took,
                         std::optional<Cause> cause) override;

    /// The state of things, one line without its end: "qq-self: waiting: 12 s of 300 s, 3 looks,
    /// next in 4 s". `next_look` is when the next one is planned, if one is.
    [[nodiscard]] std::string line(Instant now, std::optional<Instant> next_look) const;
    /// The same for a sentence after the process was told to end: what became of the mail.
    [[nodiscard]] std::string fate() const;

  private:
    enum class Phase : std::uint8_t { sending, refused, waiting, failed };

    std::string probe_;
    std::string sender_;
    Duration deadline_;
    Instant start_;
    std::vector<Stage> stages_;
    Phase phase_ = Phase::sending;
    /// The stage that is probably under way: the one after the last that ended.
    std::size_t stage_ = 0;
    bool unconfirmed_ = false;
    std::optional<StageCause> failure_;
    std::uint64_t looks_ = 0;
    bool looking_ = false;
    std::optional<StageCause> look_failure_;
};

}  // namespace mailprobed
