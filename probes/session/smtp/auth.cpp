// SPDX-License-Identifier: Apache-2.0
// The three mechanisms and what their refusals mean.
#include "probes/session/smtp/auth.hpp"

#include "probes/base/base64.hpp"
#include "probes/base/secret.hpp"
#include "probes/net/crypto.hpp"
#include "probes/wire/sasl/sasl.hpp"

#include <optional>
#include <string>
#include <vector>

namespace mailprobed {

namespace {

// RFC 4954 4: longer initial responses go into a line of their own.
constexpr std::size_t kMaxCommand = 512;

// One mechanism that is tried.
struct Attempt {
    SmtpDialogue& smtp;
    const SmtpSettings& settings;
    LoginEnd& end;
    // A line of the client's beyond the first was answered.
    bool second_step = false;
    // The password or its digest was written.
    bool secret_left = false;
};

// Why a mechanism led to no login; nothing: it did.
struct Verdict {
    std::optional<DialogueError> refused;
    // Another mechanism may be tried.
    bool may_go_on = false;
};

bool is_enhanced(const SmtpReply& reply, std::uint16_t subject, std::uint16_t detail) noexcept {
    return reply.enhanced && reply.enhanced->subject == subject && reply.enhanced->detail == detail;
}

// 500, 501, 502, 504: no such command, argument or mechanism.
bool refuses_mechanism(const SmtpReply& reply) noexcept {
    return reply.code == 500 || reply.code == 501 || reply.code == 502 || reply.code == 504;
}

// 503: no login now; 530, 538: not without encryption. The next mechanism would fare no better.
bool refuses_logins(const SmtpReply& reply) noexcept {
    return reply.code == 503 || reply.code == 530 || reply.code == 538;
}

// 535, whatever the code: it is the password.
bool refuses_password(const SmtpReply& reply) noexcept {
    return reply.code == 535 || is_enhanced(reply, 7, 8);
}

DialogueError login_refusal(const SmtpDialogue& smtp, const SmtpReply& reply) {
    DialogueError plain = smtp.refusal(reply, "login refused");
    const auto as = [&](Cause cause, std::string_view hint = {}) {
        std::string detail = plain.what();
        return DialogueError(
            cause, detail.append(hint),
            plain.in_step() ? DialogueError::Step::kept : DialogueError::Step::lost);
    };
    if (refuses_password(reply) || reply.code == 534 || is_enhanced(reply, 7, 9)) {
        return as(reply.first_digit() == 4 ? Cause::auth_transient : Cause::auth_rejected);
    }
    if (reply.code == 530) {
        return as(Cause::auth_unsupported, " (the server wants TLS before a login)");
    }
    if (refuses_mechanism(reply) || refuses_logins(reply)) return as(Cause::auth_unsupported);
    return plain;
}

// Sends what is queued, of which `secret` says whether it holds the password, and reads the reply.
Awaitable<SmtpReply> ask(Attempt& attempt, bool secret) {
    if (secret) {
        attempt.secret_left = true;
        attempt.end = LoginEnd::hung_up;
    }
    SmtpReply reply = co_await attempt.smtp.exchange();
    if (secret) attempt.end = reply.first_digit() == 4 ? LoginEnd::untold : LoginEnd::refused;
    co_return reply;
}

// Ends an exchange that makes no sense (RFC 4954 4) and waits for the 501 that follows.
Awaitable<Verdict> cancel(Attempt& attempt) {
    SmtpDialogue& smtp = attempt.smtp;
    smtp.talk().queue({"*"});
    const SmtpReply reply = co_await smtp.exchange();
    // Another try with the same password after a 535 is what locks accounts.
    if (refuses_password(reply)) throw login_refusal(smtp, reply);
    if (reply.first_digit() != 5) {
        throw DialogueError(Cause::protocol_error,
                            "the cancelled login was answered: " + reply.said());
    }
    co_return Verdict{DialogueError(Cause::protocol_error, "the server's challenges make no sense",
                                    DialogueError::Step::kept),
                      !attempt.second_step};
}

// What the reply to the last line of a mechanism means.
Awaitable<Verdict> conclude(Attempt& attempt, const SmtpReply& reply) {
    if (reply.first_digit() == 2) {
        attempt.end = LoginEnd::worked;
        co_return Verdict{};
    }
    if (reply.first_digit() == 3) {
        Verdict cancelled = co_await cancel(attempt);
        co_return cancelled;
    }
    Verdict verdict;
    verdict.refused = login_refusal(attempt.smtp, reply);
    const bool before = !attempt.secret_left && !refuses_logins(reply);
    verdict.may_go_on = attempt.smtp.in_step() && !attempt.second_step &&
                        !refuses_password(reply) && (before || refuses_mechanism(reply));
    co_return verdict;
}

Awaitable<Verdict> log_in_plain(Attempt& attempt) {
    const SmtpSettings& settings = attempt.settings;
    Conversation& talk = attempt.smtp.talk();
    const Secret response = plain_response(settings.username, settings.password);
    talk.masker().add_base64(response.reveal());
    constexpr std::string_view kCommand = "AUTH PLAIN ";
    SmtpReply reply;
    if (kCommand.size() + response.reveal().size() + 2 <= kMaxCommand) {
        const Secret line = joined(kCommand, response.reveal());
        talk.queue_secret(line.reveal(), "AUTH PLAIN <secret>");
        reply = co_await ask(attempt, true);
    } else {
        talk.queue({"AUTH PLAIN"});
        reply = co_await ask(attempt, false);
        if (reply.first_digit() == 3) {
            talk.queue_secret(response.reveal(), Masker::kMask);
            reply = co_await ask(attempt, true);
            attempt.second_step = true;
        }
    }
    Verdict verdict = co_await conclude(attempt, reply);
    co_return verdict;
}

// Answers by order: what the prompts say differs from server to server.
Awaitable<Verdict> log_in_login(Attempt& attempt) {
    const SmtpSettings& settings = attempt.settings;
    Conversation& talk = attempt.smtp.talk();
    talk.queue({"AUTH LOGIN"});
    SmtpReply reply = co_await ask(attempt, false);
    if (reply.first_digit() == 3) {
        talk.queue_secret(base64(settings.username), Masker::kMask);
        reply = co_await ask(attempt, false);
        attempt.second_step = true;
    }
    if (reply.first_digit() == 3) {
        const Secret password(base64(settings.password.reveal()));
        talk.masker().add_base64(password.reveal());
        talk.queue_secret(password.reveal(), Masker::kMask);
        reply = co_await ask(attempt, true);
    }
    Verdict verdict = co_await conclude(attempt, reply);
    co_return verdict;
}

Awaitable<Verdict> log_in_cram_md5(Attempt& attempt) {
    const SmtpSettings& settings = attempt.settings;
    Conversation& talk = attempt.smtp.talk();
    talk.queue({"AUTH CRAM-MD5"});
    SmtpReply reply = co_await ask(attempt, false);
    if (reply.first_digit() == 3) {
        const std::optional<std::string> challenge = from_base64(reply.text);
        if (!challenge || challenge->empty()) {
            Verdict cancelled = co_await cancel(attempt);
            co_return cancelled;
        }
        const Secret digest(hmac_md5_hex(settings.password.reveal(), *challenge));
        talk.masker().add(digest.reveal());
        const Secret text = joined(settings.username + ' ', digest.reveal());
        const Secret response(base64(text.reveal()));
        talk.masker().add_base64(response.reveal());
        talk.queue_secret(response.reveal(), Masker::kMask);
        reply = co_await ask(attempt, true);
        attempt.second_step = true;
    }
    Verdict verdict = co_await conclude(attempt, reply);
    co_return verdict;
}

[[noreturn]] void unsupported(const std::string& why) {
    throw DialogueError(Cause::auth_unsupported, why, DialogueError::Step::kept);
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
                       const SmtpCapabilities& offered, LoginEnd& end) {
    if (!offered.auth) unsupported("the server offers no login (AUTH) here");
    const std::vector<SmtpAuth> mechanisms = choose(settings, offered);
    if (mechanisms.empty()) {
        unsupported("none of the mechanisms wanted is offered; offered are: " + offered.auth_words);
    }
    const bool digest = settings.auth == SmtpAuth::cram_md5;
    if (!digest && !smtp.talk().encrypted() && !settings.allow_plaintext_auth) {
        unsupported("a password without TLS needs allow_plaintext_auth: true; nothing was sent");
    }
    LoginEnd first = LoginEnd::untold;
    std::string earlier;
    for (std::size_t i = 0; i < mechanisms.size(); ++i) {
        Attempt attempt{smtp, settings, end};
        Verdict verdict;
        if (mechanisms[i] == SmtpAuth::plain) {
            verdict = co_await log_in_plain(attempt);
        } else if (mechanisms[i] == SmtpAuth::login) {
            verdict = co_await log_in_login(attempt);
        } else {
            verdict = co_await log_in_cram_md5(attempt);
        }
        if (!verdict.refused) co_return;
        // The refusal of a password that left counts even if what came next says less.
        if (end == LoginEnd::untold) end = first;
        const std::string why = verdict.refused->what();
        if (!verdict.may_go_on || i + 1 == mechanisms.size()) {
            throw DialogueError(
                verdict.refused->cause(), why + earlier,
                verdict.refused->in_step() ? DialogueError::Step::kept : DialogueError::Step::lost);
        }
        first = end;
        earlier = " (and another mechanism before it: " + why + ")";
        smtp.talk().note("the mechanism was not taken, so another one is tried");
    }
}

}  // namespace mailprobed
