// SPDX-License-Identifier: Apache-2.0
// The three ways into a mailbox.
#include "probes/session/pop3_auth.hpp"

#include "probes/domain/secret.hpp"
#include "probes/net/crypto.hpp"
#include "probes/session/sasl.hpp"

#include <string>

namespace mailprobed {

namespace {

[[noreturn]] void unsupported(const std::string& why) {
    throw Trouble(Cause::auth_unsupported, why, Trouble::Step::kept);
}

void expect_login(const Pop3Answer& answer, std::string_view refused) {
    if (!answer.ok()) throw pop3_refusal(Stage::auth, answer, refused);
}

Awaitable<void> user_pass(Pop3Dialogue& pop3, const Pop3Settings& settings,
                          std::optional<Instant>& login_at) {
    pop3.talk().queue({"USER ", settings.username});
    Pop3Answer answer = co_await pop3.exchange();
    expect_login(answer, "USER refused");
    // PASS takes the rest of the line, blanks and all (RFC 1939 7).
    const Secret line = joined("PASS ", settings.password.reveal());
    login_at = pop3.talk().channel().now();
    pop3.talk().queue_secret(line.reveal(), "PASS <secret>");
    answer = co_await pop3.exchange();
    expect_login(answer, "login refused");
}

// Always in two steps: a command may have 255 octets only (RFC 2449 4).
Awaitable<void> sasl_plain(Pop3Dialogue& pop3, const Pop3Settings& settings,
                           std::optional<Instant>& login_at) {
    const Secret response = plain_response(settings.username, settings.password);
    pop3.talk().masker().add_base64(response.reveal());
    pop3.talk().queue({"AUTH PLAIN"});
    Pop3Answer answer = co_await pop3.exchange();
    if (answer.status == Pop3Status::err && answer.code == Pop3Code::none) {
        unsupported("AUTH PLAIN refused: -ERR " + answer.text);
    }
    if (answer.status == Pop3Status::ok) {
        throw Trouble(Cause::protocol_error, "AUTH PLAIN answered without a password");
    }
    if (answer.status == Pop3Status::err) expect_login(answer, "AUTH PLAIN refused");
    login_at = pop3.talk().channel().now();
    pop3.talk().queue_secret(response.reveal(), Masker::kMask);
    answer = co_await pop3.exchange();
    expect_login(answer, "login refused");
}

Awaitable<void> apop(Pop3Dialogue& pop3, const Pop3Settings& settings, std::string_view greeting,
                     std::optional<Instant>& login_at) {
    const std::optional<std::string_view> timestamp = apop_timestamp(greeting);
    if (!timestamp) unsupported("the greeting holds no timestamp for APOP");
    const Secret text = joined(*timestamp, settings.password.reveal());
    const Secret digest(md5_hex(text.reveal()));
    pop3.talk().masker().add(digest.reveal());
    const std::string command = "APOP " + settings.username + ' ';
    const Secret line = joined(command, digest.reveal());
    login_at = pop3.talk().channel().now();
    pop3.talk().queue_secret(line.reveal(), command + std::string(Masker::kMask));
    const Pop3Answer answer = co_await pop3.exchange();
    expect_login(answer, "login refused");
}

}  // namespace

Awaitable<void> log_in(Pop3Dialogue& pop3, const Pop3Settings& settings,
                       const std::optional<Pop3Capabilities>& offered, std::string_view greeting,
                       std::optional<Instant>& login_at) {
    if (settings.auth == Pop3Auth::apop) {
        co_await apop(pop3, settings, greeting, login_at);
        co_return;
    }
    if (!pop3.talk().encrypted() && !settings.allow_plaintext_auth) {
        unsupported("a password without TLS needs allow_plaintext_auth: true; nothing was sent");
    }
    const bool plain_offered = offered && offered->sasl_plain;
    if (settings.auth == Pop3Auth::plain && offered && !plain_offered) {
        unsupported("the server does not offer SASL PLAIN");
    }
    if (settings.auth == Pop3Auth::plain ||
        (settings.auth == Pop3Auth::automatic && plain_offered)) {
        co_await sasl_plain(pop3, settings, login_at);
    } else {
        co_await user_pass(pop3, settings, login_at);
    }
}

}  // namespace mailprobed
