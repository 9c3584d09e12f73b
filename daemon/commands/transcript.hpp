// SPDX-License-Identifier: Apache-2.0
// Prints one mail's way as it happens, for `mailprobed once PROBE --transcript`.
#pragma once

#include "probes/monitor/observer.hpp"

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mailprobed {

/// An observer that writes every line, stage and verdict to a stream, with the time since its
/// construction, and flushes after each.
class Transcript final : public Observer {
  public:
    /// Where the program's time comes from.
    using Now = std::function<Instant()>;

    /// Looks into the mailbox of account `sender`, where reports of non-delivery come, are shown
    /// with its name and kept out of the summary; "" if the mail's mailbox is the only one.
    Transcript(std::ostream& out, Now now, std::string sender = {});

    void mail_started(const MailStarted& fact) override;
    void stage_done(const StageDone& fact) override;
    void mail_judged(const MailJudged& fact) override;
    void evidence_found(const EvidenceFound& fact) override;
    void look_done(const LookDone& fact) override;
    void tag_rejected(std::string_view mailbox, TagReject reason) override;
    void connected(std::string_view account, Protocol protocol, IpFamily family) override;
    void encrypted(std::string_view account, Protocol protocol, const TlsFacts& facts) override;
    [[nodiscard]] bool wants_lines() const override { return true; }
    void transcript_line(std::string_view who_for, Protocol protocol, Speaker who,
                         std::string_view text) override;
    void look_stage_done(std::string_view mailbox, Stage stage, Duration took,
                         std::optional<Cause> cause) override;
    void internal_error(std::string_view where, std::string_view what) override;

    /// Writes verdict, times and stages; call it when nothing more is to come.
    void summary();

  private:
    struct StageTime {
        Protocol protocol;
        Stage stage;
        Duration took;
        std::optional<Cause> cause;
    };

    void line(std::string_view protocol, std::string_view mark, std::string_view text);
    void note(std::string_view protocol, std::string_view text) { line(protocol, "--", text); }
    void stage(const StageTime& time);
    [[nodiscard]] static std::string text_of(const StageTime& time);
    [[nodiscard]] bool is_sender(std::string_view mailbox) const noexcept;
    [[nodiscard]] std::string mark_of(std::string_view mailbox, Speaker who) const;

    std::ostream& out_;
    Now now_;
    std::string sender_;
    Instant start_;
    /// The submission's stages and those of the last look.
    std::vector<StageTime> stages_;
    std::uint64_t looks_ = 0;
    bool look_ended_ = false;
    std::optional<MailJudged> judged_;
};

/// A duration for people: "0.42 ms", "35.1 ms", "2.500 s", "75.0 s".
[[nodiscard]] std::string readable(Duration duration);

}  // namespace mailprobed
