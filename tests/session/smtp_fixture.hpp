// SPDX-License-Identifier: Apache-2.0
// Settings, mails and scripts that the SMTP tests share.
#pragma once

#include "tests/session/runs.hpp"

namespace mailprobed::script {

inline constexpr std::string_view kPassword = "s3cr&t pass/W0rd+";

/// An account with a login; `tls` and `auth` as given.
[[nodiscard]] SmtpSettings smtp_settings(TlsMode tls, SmtpAuth auth = SmtpAuth::automatic);
/// A mail of 88 octets from 847915049@qq.com to itself.
[[nodiscard]] Envelope small_mail();
/// small_mail() as it goes over the wire, with the final dot, with LF line ends.
inline constexpr std::string_view kSmallMailLines =
    "From: 847915049@qq.com\n"
    "To: 847915049@qq.com\n"
    "Subject: test msg\n"
    "\n"
    "line1\nline2\nline3\n.\n";

/// A script up to the end of the second EHLO: resolve, connect, TLS as `tls` says. The server
/// offers `offers`, lines of an EHLO reply without codes.
[[nodiscard]] Script until_hello(TlsMode tls, const std::vector<std::string>& offers);
/// The lines of an EHLO reply.
[[nodiscard]] std::string ehlo_reply(const std::vector<std::string>& offers);
/// Adds MAIL to QUIT, all well.
void add_transfer(Script& script, bool with_size = true);

/// Base64 by hand, for what the client must write.
[[nodiscard]] std::string plain_base64();

}  // namespace mailprobed::script
