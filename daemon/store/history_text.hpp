// SPDX-License-Identifier: Apache-2.0
// Conversations and looks as the ledger keeps them: one line of text for each stage, line or look.
#pragma once

#include "probes/base/time.hpp"
#include "probes/domain/outcome/failure.hpp"
#include "probes/monitor/observer.hpp"
#include "probes/session/recorder.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mailprobed {

/// A look as it is read back; labels are not checked against the enums, which may have changed.
struct PastLook {
    std::string mailbox;
    WallTime began;
    Duration took{};
    bool complete = false;
    std::string stage, cause;
    std::optional<std::uint32_t> messages;
};

/// A stage as it is read back.
struct PastStage {
    std::string stage, cause;
    Duration at{}, took{};
};

/// A conversation as it is read back.
struct PastConversation {
    std::vector<PastStage> stages;
    std::vector<SpokenLine> lines;
};

/// The text for a conversation.
[[nodiscard]] std::string conversation_text(const ConversationRecord& conversation);
/// The text for the looks from number `first` on.
[[nodiscard]] std::string looks_text(const std::deque<LookRecord>& looks, std::size_t first);

/// Reads what conversation_text() wrote; lines it does not know are skipped.
[[nodiscard]] PastConversation read_conversation(std::string_view text);
/// Reads what looks_text() wrote.
[[nodiscard]] std::vector<std::pair<PastLook, PastConversation>> read_looks(std::string_view text);

}  // namespace mailprobed
