// SPDX-License-Identifier: Apache-2.0
// A conversation as it is remembered: its stages and its lines, with times. For the history.
#pragma once

#include "probes/base/time.hpp"
#include "probes/domain/outcome/failure.hpp"
#include "probes/session/trace.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mailprobed {

/// A stage of a conversation.
struct StageTime {
    Stage stage = Stage::resolve;
    /// From the first stage's begin to this one's.
    Duration at{};
    Duration took{};
    /// Empty on success.
    std::optional<Cause> cause;
    friend bool operator==(const StageTime&, const StageTime&) = default;
};

/// A line of a conversation, free of secrets.
struct SpokenLine {
    /// Since the first stage's begin.
    Duration at{};
    Speaker who = Speaker::note;
    std::string text;
    friend bool operator==(const SpokenLine&, const SpokenLine&) = default;
};

/// What is remembered of one conversation.
struct ConversationRecord {
    std::vector<StageTime> stages;
    /// Empty where lines are not kept.
    std::vector<SpokenLine> lines;
};

/// Fills a record from what a Trace is told.
class Recorder {
  public:
    /// Octets of all lines that are kept of one conversation; a remark stands for the rest.
    /// A line counts for kLineCost more: a server may send any number of empty ones.
    static constexpr std::size_t kMaxText = 16UL * 1024UL;

    static constexpr std::size_t kLineCost = 16;

    /// Stages that are kept of one conversation: a look into a full mailbox has thousands.
    static constexpr std::size_t kMaxStages = 100;

    void stage_began(Stage stage, Instant at);
    void stage_ended(Stage stage, Instant at, std::optional<Cause> cause);
    void line(Speaker who, std::string_view text, Instant at);

    /// When the first stage began.
    [[nodiscard]] std::optional<Instant> began() const noexcept { return began_; }
    /// What was recorded, once.
    [[nodiscard]] ConversationRecord take() { return std::move(record_); }

  private:
    [[nodiscard]] Duration since(Instant at);

    std::optional<Instant> began_;
    Instant stage_began_{};
    std::size_t text_ = 0;
    ConversationRecord record_;
};

}  // namespace mailprobed
