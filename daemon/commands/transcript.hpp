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
class Transcript final : public Sink<Transcript, ProbeRestored, AttemptRefused, PendingState,
                                     TickMissed, ProbeGone, MailboxGone, AttemptDone, MailWatched> {
  public:
    /// Where the program's time comes from.
    using Now = std::function<Instant()>;

    /// Looks into the mailbox of account `sender`, where reports of non-delivery come, are shown
    /// with its name and kept out of the summary; "" if the mail's mailbox is the only one.
    Transcript(std::ostream& out, Now now, std::string sender = {});

    void take(const MailStarted& fact);
    void take(const StageDone& fact);
    void take(const MailJudged& fact);
    void take(const EvidenceFound& fact);
    void take(const LookDone& fact);
    void take(const TagRejected& fact);
    void take(const Connected& fact);
    void take(const Encrypted& fact);
    [[nodiscard]] Interest interest() const override { return {.lines = true}; }
    void take(const TranscriptLine& fact);
    void take(const LookStageDone& fact);
    void take(const InternalError& fact);

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
