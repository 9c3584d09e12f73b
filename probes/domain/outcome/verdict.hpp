// SPDX-License-Identifier: Apache-2.0
// The final judgements on a mail and what can be learnt about it afterwards.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace mailprobed {

/// The one final judgement on a mail, spelled as its metric label.
enum class Verdict : std::uint8_t { delivered, send_failed, bounced, lost, unobserved };
/// All verdicts, for tables and metrics.
inline constexpr std::array kVerdicts{Verdict::delivered, Verdict::send_failed, Verdict::bounced,
                                      Verdict::lost, Verdict::unobserved};

/// Evidence that turns up after the verdict, spelled as its metric label.
enum class Evidence : std::uint8_t {
    late,
    found,
    bounce,
    contradiction,
    duplicate,
    retry_copy,
    orphan,
};
/// All kinds of evidence.
inline constexpr std::array kEvidences{
    Evidence::late,      Evidence::found,      Evidence::bounce, Evidence::contradiction,
    Evidence::duplicate, Evidence::retry_copy, Evidence::orphan};

/// Why a tick did not start a mail: the process was not running in time, had no room, or the
/// account must not log in for a while after a refused login.
enum class MissReason : std::uint8_t { stalled, overload, auth_backoff };
/// All reasons.
inline constexpr std::array kMissReasons{MissReason::stalled, MissReason::overload,
                                         MissReason::auth_backoff};

/// Why a tag-like text in a mailbox was not taken for an arrival.
enum class TagReject : std::uint8_t {
    malformed,
    unknown_key,
    forged,
    conflicting,
    quoted,
    wrong_mailbox,
    other_daemon,
};
/// All reasons.
inline constexpr std::array kTagRejects{
    TagReject::malformed, TagReject::unknown_key,   TagReject::forged,      TagReject::conflicting,
    TagReject::quoted,    TagReject::wrong_mailbox, TagReject::other_daemon};

/// What became of the body on its way.
enum class BodyState : std::uint8_t { intact, altered, unread };

/// The label of a verdict.
[[nodiscard]] std::string_view to_string(Verdict verdict) noexcept;
/// The label of a kind of evidence.
[[nodiscard]] std::string_view to_string(Evidence kind) noexcept;
/// The label of a reason.
[[nodiscard]] std::string_view to_string(MissReason reason) noexcept;
/// The label of a reason.
[[nodiscard]] std::string_view to_string(TagReject reason) noexcept;
/// The word for a body's state.
[[nodiscard]] std::string_view to_string(BodyState state) noexcept;

}  // namespace mailprobed
