// SPDX-License-Identifier: Apache-2.0
// Where a conversation failed and why: two closed enums, the pairs that can happen, one exception.
#pragma once

#include "probes/domain/tls_mode.hpp"

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace mailprobed {

/// A stage of a conversation, spelled as its metric label; both sides share the common ones.
enum class Stage : std::uint8_t {
    resolve,
    connect,
    tls,
    greeting,
    hello,
    starttls,
    auth,
    envelope,
    data,
    accept,
    quit,
    capa,
    stls,
    list,
    top,
    retr,
    dele,
};

/// Why a stage failed, spelled as its metric label.
enum class Cause : std::uint8_t {
    timeout,
    refused,
    unreachable,
    reset,
    eof,
    dns_not_found,
    dns_failed,
    tls_untrusted,
    tls_name_mismatch,
    tls_expired,
    tls_failed,
    tls_unavailable,
    tls_injection,
    protocol_error,
    limit_exceeded,
    auth_rejected,
    auth_transient,
    auth_unsupported,
    rejected_transient,
    rejected_permanent,
    mailbox_busy,
    login_delay,
    mailbox_too_large,
    too_big,
    interrupted,
    internal,
};

/// The label of a stage.
[[nodiscard]] std::string_view to_string(Stage stage) noexcept;
/// The label of a cause.
[[nodiscard]] std::string_view to_string(Cause cause) noexcept;

/// One (stage, cause) combination.
struct StageCause {
    Stage stage;
    Cause cause;
    friend bool operator==(const StageCause&, const StageCause&) = default;
};

/// The two kinds of conversation.
enum class Side : std::uint8_t { sending, mailbox };

/// The pairs that can happen on `side` with `mode`; no other series exist (ARCHITECTURE.md).
[[nodiscard]] std::vector<StageCause> possible_failures(Side side, TlsMode mode);

/// The stages of a conversation with `mode`, in order; STARTTLS includes its handshake.
[[nodiscard]] std::vector<Stage> stages_of(Side side, TlsMode mode);

/// The pair of the table that (stage, cause) belongs to: itself, or the pair that it is folded
/// into (a reset in mid-dialogue is an eof), or (stage, internal), which is a bug.
[[nodiscard]] StageCause counted_as(Side side, StageCause pair) noexcept;

/// The pair under which a failure is exported: a probe may have 120 series at most, so neighbours
/// that call for the same remedy share one (ARCHITECTURE.md). Logs and history keep the exact pair.
[[nodiscard]] StageCause exported_as(Side side, StageCause pair) noexcept;

/// The pairs of possible_failures() as they are exported, each once.
[[nodiscard]] std::vector<StageCause> exported_failures(Side side, TlsMode mode);

/// The one exception that conversations throw; `what()` is the detail, free text for the log.
class Failure : public std::runtime_error {
  public:
    Failure(Stage stage, Cause cause, const std::string& detail)
        : std::runtime_error(detail), stage_(stage), cause_(cause) {}

    /// Where the conversation stood.
    [[nodiscard]] Stage stage() const noexcept { return stage_; }
    /// Why it ended.
    [[nodiscard]] Cause cause() const noexcept { return cause_; }

  private:
    Stage stage_;
    Cause cause_;
};

}  // namespace mailprobed
