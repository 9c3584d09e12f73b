// SPDX-License-Identifier: Apache-2.0
// What a conversation shows, passed to the observer and kept for the history.
#pragma once

#include "probes/monitor/mail_masks.hpp"
#include "probes/monitor/observer.hpp"
#include "probes/session/recorder.hpp"
#include "probes/session/trace.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace mailprobed {

/// Whose conversation it is, in the observer's words; what it names must outlive the trace.
struct TraceSubject {
    Protocol protocol;
    /// The account that connects.
    std::string_view account;
    /// Whom the lines belong to: a probe or a mailbox.
    std::string_view who_for;
};

/// The trace of one submission or look.
class ObserverTrace final : public Trace {
  public:
    using StageEnded = std::function<void(Stage stage, Duration took, std::optional<Cause> cause)>;

    /// `ended` is told of each stage.
    ObserverTrace(Observer& observer, TraceSubject subject, RouteMasks masks, StageEnded ended);

    void stage_began(Stage stage, Instant at) override;
    void stage_ended(Stage stage, Instant at, std::optional<Cause> cause) override;
    [[nodiscard]] bool wants_lines() const override;
    [[nodiscard]] std::string masked(std::string text, bool open_end) override;
    void line(Speaker who, std::string_view text) override;
    void connected(IpFamily family) override;
    void encrypted(const TlsFacts& facts) override;

    /// When its first stage began, if it is recorded.
    [[nodiscard]] std::optional<Instant> began() const { return recorder_.began(); }
    /// What was said, to be asked once.
    [[nodiscard]] ConversationRecord take() { return recorder_.take(); }

  private:
    [[nodiscard]] bool keeps_lines() const { return interest_.records && interest_.transcripts; }

    Observer& observer_;
    TraceSubject subject_;
    RouteMasks masks_;
    StageEnded ended_;
    /// Of the observer, asked once.
    Interest interest_;
    Instant stage_began_;
    Recorder recorder_;
};

}  // namespace mailprobed
