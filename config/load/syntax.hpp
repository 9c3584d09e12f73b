// SPDX-License-Identifier: Apache-2.0
// The forms of texts in a configuration; what passes here may go onto the wire or into a label.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mailprobed {

/// What is wrong with a text ("holds a port") and what would be right.
struct Complaint {
    std::string what;
    std::string expected;
    /// As ConfigProblem::passing.
    bool passing = false;
};

/// Tells what is wrong with a text, or nothing.
using TextCheck = std::optional<Complaint> (*)(std::string_view text);

/// Any text of 1 to 1024 bytes without control characters.
[[nodiscard]] std::optional<Complaint> check_text(std::string_view text);
/// An instance: 1 to 128 printable characters of ASCII, for it stands in mails.
[[nodiscard]] std::optional<Complaint> check_instance(std::string_view text);
/// A name of an account or probe: 1 to 64 of A-Z a-z 0-9 . _ -
[[nodiscard]] std::optional<Complaint> check_name(std::string_view text);
/// An address as in RFC 5321 4.1.2, ASCII, without angle brackets and display name.
[[nodiscard]] std::optional<Complaint> check_address(std::string_view text);
/// A host name or an IP address without brackets and port.
[[nodiscard]] std::optional<Complaint> check_host(std::string_view text);
/// An IPv4 or IPv6 address.
[[nodiscard]] std::optional<Complaint> check_ip_address(std::string_view text);
/// The argument of EHLO: a host name or an address literal in brackets (RFC 5321 4.1.1.1).
[[nodiscard]] std::optional<Complaint> check_ehlo_name(std::string_view text);
/// An authserv-id as servers write it into Authentication-Results (RFC 8601 2.2): a token.
[[nodiscard]] std::optional<Complaint> check_authserv_id(std::string_view text);
/// `host:port` to listen on, an IPv6 host in brackets.
[[nodiscard]] std::optional<Complaint> check_listen(std::string_view text);
/// The name of a header field (RFC 5322 2.2) that the program does not set itself.
[[nodiscard]] std::optional<Complaint> check_header_name(std::string_view text);
/// A header field's value: printable ASCII, at most 900 bytes.
[[nodiscard]] std::optional<Complaint> check_header_value(std::string_view text);
/// The name of a Prometheus label that the info metric does not have yet.
[[nodiscard]] std::optional<Complaint> check_label_name(std::string_view text);
/// A label's value: at most 128 bytes without control characters.
[[nodiscard]] std::optional<Complaint> check_label_value(std::string_view text);

/// 4 or 6 if `text` is an IP address of that family, else 0.
[[nodiscard]] int ip_version(std::string_view text) noexcept;
/// True if `text` holds CR, LF, NUL or another control character of ASCII.
[[nodiscard]] bool has_controls(std::string_view text) noexcept;
/// `text` with ASCII letters in lower case.
[[nodiscard]] std::string lower_case(std::string_view text);

}  // namespace mailprobed
