// SPDX-License-Identifier: Apache-2.0
// The three mechanisms and what their refusals mean.
#include "probes/session/smtp_auth.hpp"

#include "probes/domain/secret.hpp"
#include "probes/net/crypto.hpp"
#include "probes/session/sasl.hpp"
#include "probes/wire/base64.hpp"

#include <optional>
#include <string>
#include <vector>

namespace mailprobed {

namespace {

// RFC 4954 4: longer initial responses go into a line of their own.
constexpr std::size_t kMaxCommand = 512;

enum class Outcome : bool { done, aborted };

bool is_enhanced(const SmtpReply& reply, std::uint16_t subject, std::uint16_t detail) noexcept {
    return reply.enhanced && reply.enhanced->subject == subject && reply.enhanced->detail == detail;
}

Trouble login_refusal(const SmtpDialogue& smtp, const SmtpReply& reply) {
    Trouble plain = smtp.refusal(reply, "login refused");
    const auto as = [&](Cause cause, std::string_view hint = {}) {
        std::string detail = plain.what();
        return Trouble(cause, detail.append(hint),
                       plain.in_step() ? Trouble::Step::kept : Trouble::Step::lost);
    };
    if (reply.code == 530) {
        return as(Cause::tls_unavailable, " (the server wants TLS before a login)");
    }
    if (reply.code == 535 || reply.code == 534 || is_enhanced(reply, 7, 8) ||
        is_enhanced(reply, 7, 9)) {
        return as(reply.first_digit() == 4 ? Cause::auth_transient : Cause::auth_rejected);
    }
    // 500, 502 and 504: no such command or mechanism; 538: not without encryption.
    if (reply.code == 500 || reply.code == 502 || reply.code == 504 || reply.code == 538) {
        return as(Cause::auth_unsupported);
    }
    return plain;
}

// Ends an exchange that makes no sense (RFC 4954 4) and waits for the 501 that follows.
Awaitable<Outcome> cancel(SmtpDialogue& smtp) {
    smtp.talk().queue({"*"});
    const SmtpReply reply = co_await smtp.exchange();
    // Another try with the same password after a 535 is what locks accounts.
    if (reply.code == 535) throw login_refusal(smtp, reply);
    if (reply.first_digit() != 5) {
        throw Trouble(Cause::protocol_error, "the cancelled login was answered: " + reply.said());
    }
    co_return Outcome::aborted;
}

// What the reply to the last line of a mechanism means.
Awaitable<Outcome> conclude(SmtpDialogue& smtp, const SmtpReply& reply) {
    if (reply.first_digit() == 2) co_return Outcome::done;
    if (reply.first_digit() != 3) throw login_refusal(smtp, reply);
    const Outcome outcome = co_await cancel(smtp);
    co_return outcome;
}

Awaitable<Outcome> log_in_plain(SmtpDialogue& smtp, const SmtpSettings& settings) {
    const Secret response = plain_response(settings.username, settings.password);
    smtp.talk().masker().add_base64(response.reveal());
    constexpr std::string_view kCommand = "AUTH PLAIN ";
    SmtpReply reply;
    if (kCommand.size() + response.reveal().size() + 2 <= kMaxCommand) {
        const Secret line = joined(kCommand, response.reveal());
        smtp.talk().queue_secret(line.reveal(), "AUTH PLAIN <secret>");
        reply = co_await smtp.exchange();
    } else {
        smtp.talk().queue({"AUTH PLAIN"});
        reply = co_await smtp.exchange();
        if (reply.first_digit() == 3) {
            smtp.talk().queue_secret(response.reveal(), Masker::kMask);
            reply = co_await smtp.exchange();
        }
    }
    const Outcome outcome = co_await conclude(smtp, reply);
    co_return outcome;
}

// Answers by order: what the prompts say differs from server to server.
Awaitable<Outcome> log_in_login(SmtpDialogue& smtp, const SmtpSettings& settings) {
    smtp.talk().queue({"AUTH LOGIN"});
    SmtpReply reply = co_await smtp.exchange();
    if (reply.first_digit() == 3) {
        smtp.talk().queue_secret(base64(settings.username), Masker::kMask);
        reply = co_await smtp.exchange();
    }
    if (reply.first_digit() == 3) {
        const Secret password(base64(settings.password.reveal()));
        smtp.talk().masker().add_base64(password.reveal());
        smtp.talk().queue_secret(password.reveal(), Masker::kMask);
        reply = co_await smtp.exchange();
    }
    const Outcome outcome = co_await conclude(smtp, reply);
    co_return outcome;
}

Awaitable<Outcome> log_in_cram_md5(SmtpDialogue& smtp, const SmtpSettings& settings) {
    smtp.talk().queue({"AUTH CRAM-MD5"});
    SmtpReply reply = co_await smtp.exchange();
    if (reply.first_digit() == 3) {
        const std::optional<std::string> challenge = from_base64(reply.text);
        if (!challenge || challenge->empty()) {
            const Outcome aborted = co_await cancel(smtp);
            co_return aborted;
        }
        const Secret digest(hmac_md5_hex(settings.password.reveal(), *challenge));
        smtp.talk().masker().add(digest.reveal());
        const Secret text = joined(settings.username + ' ', digest.reveal());
        const Secret response(base64(text.reveal()));
        smtp.talk().masker().add_base64(response.reveal());
        smtp.talk().queue_secret(response.reveal(), Masker::kMask);
        reply = co_await smtp.exchange();
    }
    const Outcome outcome = co_await conclude(smtp, reply);
    co_return outcome;
}

[[noreturn]] void unsupported(const std::string& why) {
    throw Trouble(Cause::auth_unsupported, why, Trouble::Step::kept);
}

// The mechanisms to try, in order.
std::vector<SmtpAuth> choose(const SmtpSettings& settings, const SmtpCapabilities& offered) {
    const bool any = settings.auth == SmtpAuth::automatic;
    std::vector<SmtpAuth> chosen;
    const auto consider = [&](SmtpAuth mechanism, bool is_offered) {
        if (is_offered && (any || settings.auth == mechanism)) chosen.push_back(mechanism);
    };
    consider(SmtpAuth::plain, offered.auth_plain);
    consider(SmtpAuth::login, offered.auth_login);
    if (!any) consider(SmtpAuth::cram_md5, offered.auth_cram_md5);
    return chosen;
}

}  // namespace

bool wants_login(const SmtpSettings& settings) noexcept {
    return settings.auth != SmtpAuth::none && !settings.username.empty();
}

Awaitable<void> log_in(SmtpDialogue& smtp, const SmtpSettings& settings,
                       const SmtpCapabilities& offered) {
    if (!offered.auth) unsupported("the server offers no login (AUTH) here");
    const std::vector<SmtpAuth> mechanisms = choose(settings, offered);
    if (mechanisms.empty()) {
        unsupported("none of the mechanisms wanted is offered; offered are: " + offered.auth_words);
    }
    const bool digest = settings.auth == SmtpAuth::cram_md5;
    if (!digest && !smtp.talk().encrypted() && !settings.allow_plaintext_auth) {
        unsupported("a password without TLS needs allow_plaintext_auth: true; nothing was sent");
    }
    for (const SmtpAuth mechanism : mechanisms) {
        Outcome outcome = Outcome::aborted;
        if (mechanism == SmtpAuth::plain) {
            outcome = co_await log_in_plain(smtp, settings);
        } else if (mechanism == SmtpAuth::login) {
            outcome = co_await log_in_login(smtp, settings);
        } else {
            outcome = co_await log_in_cram_md5(smtp, settings);
        }
        if (outcome == Outcome::done) co_return;
    }
    throw Trouble(Cause::protocol_error, "the server's challenges make no sense",
                  Trouble::Step::kept);
}

}  // namespace mailprobed
