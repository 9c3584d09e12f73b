// SPDX-License-Identifier: Apache-2.0
// Where a conversation failed and why: two closed enums, the pairs that can happen, one exception.
#pragma once

#include "probes/base/tls_mode.hpp"

#include <array>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace mailprobed {

/// A stage of a conversation, spelled as its metric label: the same for all protocols. `hello` asks
/// for capabilities, `headers` and `body` read mails, `remove` deletes them.
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
    list,
    headers,
    body,
    remove,
    quit,
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

/// All stages and causes, so that nobody walks an enumeration by its order.
constexpr auto kStages = std::to_array<Stage>({
    Stage::resolve,
    Stage::connect,
    Stage::tls,
    Stage::greeting,
    Stage::hello,
    Stage::starttls,
    Stage::auth,
    Stage::envelope,
    Stage::data,
    Stage::accept,
    Stage::list,
    Stage::headers,
    Stage::body,
    Stage::remove,
    Stage::quit,
});
constexpr auto kCauses = std::to_array<Cause>({
    Cause::timeout,
    Cause::refused,
    Cause::unreachable,
    Cause::reset,
    Cause::eof,
    Cause::dns_not_found,
    Cause::dns_failed,
    Cause::tls_untrusted,
    Cause::tls_name_mismatch,
    Cause::tls_expired,
    Cause::tls_failed,
    Cause::tls_unavailable,
    Cause::tls_injection,
    Cause::protocol_error,
    Cause::limit_exceeded,
    Cause::auth_rejected,
    Cause::auth_transient,
    Cause::auth_unsupported,
    Cause::rejected_transient,
    Cause::rejected_permanent,
    Cause::mailbox_busy,
    Cause::login_delay,
    Cause::mailbox_too_large,
    Cause::too_big,
    Cause::interrupted,
    Cause::internal,
});

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

/// True if a submission that failed like this leaves open whether the server has the mail
/// (RFC 1047): it is never sent again, and only its arrival or deadline settles it.
[[nodiscard]] constexpr bool may_have_been_taken(StageCause pair) noexcept {
    return pair.stage == Stage::accept && pair.cause != Cause::rejected_transient &&
           pair.cause != Cause::rejected_permanent;
}

/// The two kinds of conversation.
enum class Side : std::uint8_t { sending, mailbox };

/// The pairs that can happen on `side` with `mode`; no other series exist (claims C24).
[[nodiscard]] std::vector<StageCause> possible_failures(Side side, TlsMode mode);

/// The stages of a conversation with `mode`, in order; STARTTLS includes its handshake.
[[nodiscard]] std::vector<Stage> stages_of(Side side, TlsMode mode);

/// The pair of the table that (stage, cause) belongs to: itself, or the pair that it is folded
/// into (a reset in mid-dialogue is an eof), or (stage, internal), which is a bug.
[[nodiscard]] StageCause counted_as(Side side, StageCause pair) noexcept;

/// The pair under which a failure is exported: a probe may have 120 series at most, so neighbours
/// that call for the same remedy share one (claims C25). Logs and history keep the exact pair.
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
    /// Both.
    [[nodiscard]] StageCause pair() const noexcept { return {stage_, cause_}; }

  private:
    Stage stage_;
    Cause cause_;
};

}  // namespace mailprobed
