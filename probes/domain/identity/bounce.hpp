// SPDX-License-Identifier: Apache-2.0
// Decides whether a mail in the sender's mailbox reports on one of ours (RFC 3464, and the plain
// letters of servers that know no RFC 3464).
#pragma once

#include "probes/domain/identity/arrival.hpp"
#include "probes/domain/identity/tag.hpp"
#include "probes/wire/message/mail_headers.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mailprobed {

/// What the report says became of the mail; `other` is relayed, expanded, delivered and what
/// nobody knows.
enum class BounceAction : std::uint8_t { failed, delayed, other };
/// All actions.
inline constexpr std::array kBounceActions{BounceAction::failed, BounceAction::delayed,
                                           BounceAction::other};

/// The class of the status code (RFC 3463 3.1), spelled as its metric label; `unknown` if the
/// report gives none or none that is a failure's.
enum class StatusClass : std::uint8_t { transient, permanent, unknown };
/// All classes.
inline constexpr std::array kStatusClasses{StatusClass::transient, StatusClass::permanent,
                                           StatusClass::unknown};

/// The word for an action.
[[nodiscard]] std::string_view to_string(BounceAction action) noexcept;
/// The label of a class.
[[nodiscard]] std::string_view to_string(StatusClass status_class) noexcept;
/// The class of a code such as "5.1.1"; any text is allowed.
[[nodiscard]] StatusClass status_class_of(std::string_view status) noexcept;

/// A report on one of our mails.
struct Bounce {
    /// Verified; its instance may be foreign.
    Tag tag;
    BounceAction action = BounceAction::other;
    StatusClass status_class = StatusClass::unknown;
    /// "5.1.1"; may be empty.
    std::string status;
    /// What the server said, safe to show, 1 KiB at most.
    std::string diagnostic;
    /// Speaks of failure without strong evidence: decides only in place of `lost`.
    bool weak = false;
    /// Machine-readable and about our mail and our recipient alone, be it failed, delayed or
    /// relayed: may be deleted.
    bool about_us_alone = false;
};

/// What a mail is as a report: at most one of the two is set.
struct BounceReading {
    std::optional<Bounce> bounce;
    /// Why a tag in it does not count: it does not verify, or (`quoted`) the mail is no report.
    std::optional<TagReject> reject;
};

/// Octets of a body that read_bounce() looks at.
inline constexpr std::size_t kMaxBounceBytes = 256UL * 1024UL;

/// Reads a mail as a report. A delivery report speaks of the mail whose tag is its envelope id or
/// stands in the returned headers; anything else must come from a mail system, must not be an
/// automatic answer, and must hold a verified tag anywhere. A bounce whose action is not `failed`
/// decides nothing.
[[nodiscard]] BounceReading read_bounce(const MailHeaders& headers, std::string_view body,
                                        const TagCodec& codec, const RouteOf& route_of);

}  // namespace mailprobed
