// SPDX-License-Identifier: Apache-2.0
// POP3 responses (RFC 1939 3, 2449, 3206): status lines and the lines of listings.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace mailprobed {

/// What a status line says; `more` is a continuation of AUTH (RFC 5034).
enum class Pop3Status : std::uint8_t { ok, err, more, malformed };

/// The response code in brackets (RFC 2449 8, 3206); others count as none.
enum class Pop3Code : std::uint8_t { none, auth, in_use, login_delay, sys_temp, sys_perm };

/// A parsed status line.
struct Pop3Response {
    Pop3Status status = Pop3Status::malformed;
    Pop3Code code = Pop3Code::none;
    /// What follows the status word, response code included.
    std::string_view text;
};

/// Parses a status line without its end; lower case is tolerated, text may be missing.
[[nodiscard]] Pop3Response pop3_response(std::string_view line) noexcept;

/// The count in the text of "+OK count size" (STAT); nothing if it is none or does not fit.
[[nodiscard]] std::optional<std::uint32_t> pop3_stat(std::string_view text) noexcept;

/// A line of LIST or UIDL.
struct Pop3Listed {
    /// 1 and up.
    std::uint32_t number = 0;
    /// The unique id; empty for LIST, and where it is none that can be relied on.
    std::string_view uidl;
    /// The size that LIST gave; what it counts is the server's business.
    std::optional<std::uint64_t> size;
};

/// Parses "number uidl"; an id that is not 1 to 70 octets of 0x21 to 0x7E (RFC 1939 7) counts as
/// none: some servers print what a sender wrote, and one such line must not hide a mailbox.
[[nodiscard]] std::optional<Pop3Listed> pop3_uidl_line(std::string_view line) noexcept;
/// Parses "number size"; the size may be anything.
[[nodiscard]] std::optional<Pop3Listed> pop3_list_line(std::string_view line) noexcept;

/// The timestamp of a greeting that APOP needs: "<octets@octets>", printable, no brackets within,
/// at most 255 octets; nothing if there is none of that shape.
[[nodiscard]] std::optional<std::string_view> apop_timestamp(std::string_view greeting) noexcept;

}  // namespace mailprobed
