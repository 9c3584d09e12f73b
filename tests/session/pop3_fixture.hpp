// SPDX-License-Identifier: Apache-2.0
// Settings, scripts and visits that the POP3 tests share.
#pragma once

#include "tests/session/runs.hpp"

namespace mailprobed::script {

inline constexpr std::string_view kMailboxPassword = "pop s3cr&t/+W0rd";

/// An account; `tls` and `auth` as given, plaintext allowed, pipelining as offered.
[[nodiscard]] MailboxSettings pop3_settings(TlsMode tls, Pop3Auth auth = Pop3Auth::automatic);

/// A script up to the login; `offers` are the lines of CAPA, or -ERR if there are none.
[[nodiscard]] Script until_login(TlsMode tls, const std::vector<std::string>& offers);
/// Adds USER and PASS, well answered.
void add_user_pass(Script& script);
/// Adds AUTH PLAIN in two steps, well answered.
void add_sasl_plain(Script& script);
/// Adds CAPA with its list in stage hello.
void add_capa(Script& script, const std::vector<std::string>& offers);
/// Adds QUIT, well answered.
void add_quit(Script& script);

/// What a visit saw.
struct Seen {
    std::uint32_t count = 0;
    std::vector<std::pair<std::uint32_t, std::string>> listed;
    std::vector<Instant> read_at;
    std::vector<FetchedMessage> messages;
    bool has_uidl = true;
    std::optional<bool> in_step;
    std::optional<bool> quit;
};

/// stat(), list(), headers() of all, retrieve() of the last, verify_step(), remove(), quit().
[[nodiscard]] Pop3Run::Visit full_visit(Seen& seen);
/// Only headers() of `numbers`.
[[nodiscard]] Pop3Run::Visit read_headers(Seen& seen, std::vector<std::uint32_t> numbers);
/// Only list().
[[nodiscard]] Pop3Run::Visit read_list(Seen& seen);

}  // namespace mailprobed::script
