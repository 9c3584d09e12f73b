// SPDX-License-Identifier: Apache-2.0
// The three ways into a mailbox.
#include "probes/session/pop3/auth.hpp"

#include "probes/base/secret.hpp"
#include "probes/net/crypto.hpp"
#include "probes/wire/pop3/login_words.hpp"
#include "probes/wire/sasl/sasl.hpp"

#include <string>
#include <utility>

namespace mailprobed {

namespace {

[[noreturn]] void unsupported(const std::string& why) {
    throw DialogueError(Cause::auth_unsupported, why, DialogueError::Step::kept);
}

LoginWords believed_words(const Pop3Answer& answer, WordTrust trust) {
    if (answer.status != Pop3Status::err || answer.code != Pop3Code::none) return LoginWords::none;
    const LoginWords words = login_words(answer.text);
    const bool believed =
        trust == WordTrust::all || (trust == WordTrust::certain && words != LoginWords::either);
    return believed ? words : LoginWords::none;
}

// What an answer that ends a login without success means.
DialogueError login_refusal(const Pop3Answer& answer, std::string_view refused, Pop3Login& login) {
    const bool secret_left = std::exchange(login.end, LoginEnd::untold) == LoginEnd::hung_up;
    const LoginWords words = believed_words(answer, login.trust);
    if (words != LoginWords::none) {
        const bool often = words == LoginWords::too_often;
        login.end = often ? LoginEnd::too_often : LoginEnd::locked;
        std::string detail(refused);
        detail.append(": -ERR ").append(answer.text).append(" (without a reason code; ");
        detail += often                         ? "the words speak of how often logins come)"
                  : words == LoginWords::locked ? "the words speak of a lock on the mailbox)"
                                                : "a proxy's words for a lock or the password)";
        return {often ? Cause::login_delay : Cause::mailbox_busy, detail,
                DialogueError::Step::kept};
    }
    DialogueError trouble = pop3_refusal(Stage::auth, answer, refused);
    const bool passes = trouble.cause() == Cause::mailbox_busy ||
                        trouble.cause() == Cause::login_delay ||
                        trouble.cause() == Cause::auth_transient;
    if (secret_left && !passes) login.end = LoginEnd::refused;
    return trouble;
}

void expect_login(const Pop3Answer& answer, std::string_view refused, Pop3Login& login) {
    if (!answer.ok()) throw login_refusal(answer, refused, login);
}

// Sends a line that holds the password or its digest; the answer ends the login.
Awaitable<void> finish(Pop3Dialogue& pop3, const Secret& line, std::string_view shown,
                       Pop3Login& login) {
    login.at = pop3.talk().channel().now();
    pop3.talk().queue_secret(line.reveal(), shown);
    login.end = LoginEnd::hung_up;
    const Pop3Answer answer = co_await pop3.exchange();
    expect_login(answer, "login refused", login);
    login.end = LoginEnd::worked;
}

Awaitable<void> user_pass(Pop3Dialogue& pop3, const MailboxSettings& settings, Pop3Login& login) {
    pop3.talk().queue({"USER ", settings.username});
    const Pop3Answer answer = co_await pop3.exchange();
    expect_login(answer, "USER refused", login);
    // PASS takes the rest of the line, blanks and all (RFC 1939 7).
    const Secret line = joined("PASS ", settings.password.reveal());
    co_await finish(pop3, line, "PASS <secret>", login);
}

// Always in two steps: a command may have 255 octets only (RFC 2449 4). Nothing if the password
// left, else the refusal of the mechanism.
Awaitable<std::optional<Pop3Answer>> sasl_plain(Pop3Dialogue& pop3, const MailboxSettings& settings,
                                                Pop3Login& login) {
    const Secret response = plain_response(settings.username, settings.password);
    pop3.talk().masker().add_base64(response.reveal());
    pop3.talk().queue({"AUTH PLAIN"});
    Pop3Answer answer = co_await pop3.exchange();
    if (answer.status == Pop3Status::ok) {
        throw DialogueError(Cause::protocol_error,
                            "AUTH PLAIN answered with +OK before the password was sent; with "
                            "`auth: user-pass` USER and PASS are used instead");
    }
    if (answer.status == Pop3Status::err) {
        const bool of_mechanism = answer.code == Pop3Code::none &&
                                  believed_words(answer, login.trust) == LoginWords::none;
        if (of_mechanism) co_return answer;
        throw login_refusal(answer, "AUTH PLAIN refused", login);
    }
    co_await finish(pop3, response, Masker::kMask, login);
    co_return std::nullopt;
}

Awaitable<void> apop(Pop3Dialogue& pop3, const MailboxSettings& settings, std::string_view greeting,
                     Pop3Login& login) {
    const std::optional<std::string_view> timestamp = apop_timestamp(greeting);
    if (!timestamp) unsupported("the greeting holds no timestamp for APOP");
    const Secret text = joined(*timestamp, settings.password.reveal());
    const Secret digest(md5_hex(text.reveal()));
    pop3.talk().masker().add(digest.reveal());
    const std::string command = "APOP " + settings.username + ' ';
    const Secret line = joined(command, digest.reveal());
    const std::string shown = command + std::string(Masker::kMask);
    co_await finish(pop3, line, shown, login);
}

}  // namespace

Awaitable<void> log_in(Pop3Dialogue& pop3, const MailboxSettings& settings,
                       const std::optional<Pop3Capabilities>& offered, std::string_view greeting,
                       Pop3Login& login) {
    if (settings.auth == Pop3Auth::apop) {
        co_await apop(pop3, settings, greeting, login);
        co_return;
    }
    if (!pop3.talk().encrypted() && !settings.allow_plaintext_auth) {
        unsupported("a password without TLS needs allow_plaintext_auth: true; nothing was sent");
    }
    const bool any = settings.auth == Pop3Auth::automatic;
    const bool plain_offered = offered && offered->sasl_plain;
    if (settings.auth == Pop3Auth::plain && offered && !plain_offered) {
        unsupported("the server does not offer SASL PLAIN");
    }
    if (settings.auth == Pop3Auth::plain || (any && plain_offered)) {
        const std::optional<Pop3Answer> refused = co_await sasl_plain(pop3, settings, login);
        if (!refused) co_return;
        if (!any || !offered->user) unsupported("AUTH PLAIN refused: -ERR " + refused->text);
        pop3.talk().note("AUTH PLAIN is offered but was refused, so USER and PASS are tried");
    }
    co_await user_pass(pop3, settings, login);
}

}  // namespace mailprobed
