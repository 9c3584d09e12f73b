// SPDX-License-Identifier: Apache-2.0
// The mails that a server sends back to the sender of another: reports, and what resembles them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mailprobed::loopback {

/// What kind of mail goes back to the sender.
enum class BounceKind : std::uint8_t {
    dsn,       ///< an RFC 3464 report, action failed; the mail is thrown away
    qmail,     ///< a letter as qmail writes it, no report; the mail is thrown away
    delayed,   ///< an RFC 3464 report, action delayed; the mail is delivered all the same
    forged,    ///< as dsn, but one character of the tag is another; the mail is thrown away
    vacation,  ///< an automatic answer that quotes the mail, which is delivered
};

/// The name of a kind as the text form of faults spells it.
[[nodiscard]] std::string_view name(BounceKind kind) noexcept;
/// Inverse of name().
[[nodiscard]] std::optional<BounceKind> find_bounce_kind(std::string_view text) noexcept;
/// True if the mail reaches its mailbox although a mail goes back.
[[nodiscard]] bool delivers(BounceKind kind) noexcept;
/// True for "4.n.n" and "5.n.n".
[[nodiscard]] bool is_failure_status(std::string_view status) noexcept;

/// The DSN parameters of one recipient and its mail, decoded (RFC 3461 4).
struct DsnRequest {
    /// ENVID; empty if none was given.
    std::string envelope_id;
    /// ORCPT with its type, such as "rfc822;a@b"; empty if none was given.
    std::string original_recipient;
    /// NOTIFY in capitals as given; empty if it was not.
    std::string notify;
    /// RET as given, in capitals; empty if it was not.
    std::string ret;

    /// Whether a report of this kind is wanted; letters and answers ask nobody.
    [[nodiscard]] bool wants(BounceKind kind) const;
};

/// What a report is made of.
struct BounceParts {
    BounceKind kind = BounceKind::dsn;
    std::string_view hostname;
    std::string_view sender;
    std::string_view recipient;
    /// Empty takes 5.1.1, for delayed 4.4.1.
    std::string_view status;
    const DsnRequest* request = nullptr;
    /// The mail as it came in.
    std::string_view message;
    std::uint64_t id = 0;
};

/// The whole mail with its Return-Path, CRLF line ends.
[[nodiscard]] std::string make_bounce(const BounceParts& parts);

}  // namespace mailprobed::loopback
