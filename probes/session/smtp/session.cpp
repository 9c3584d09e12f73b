// SPDX-License-Identifier: Apache-2.0
// A submission from the first lookup to QUIT.
#include "probes/session/smtp/session.hpp"

#include "probes/session/conversation.hpp"
#include "probes/session/smtp/auth.hpp"
#include "probes/session/smtp/dialogue.hpp"
#include "probes/session/smtp/transfer.hpp"
#include "probes/wire/lines/dot_stuff.hpp"
#include "probes/wire/smtp/capabilities.hpp"

#include <optional>
#include <string>

namespace mailprobed {

namespace {

/// The state of one submission.
class Submission {
  public:
    Submission(Channel& channel, const SmtpSettings& settings, Instant give_up, Trace& trace)
        : settings_(settings),
          talk_(channel, Side::sending, settings.timeouts, give_up, trace),
          smtp_(talk_) {
        talk_.masker().add(settings.password.reveal());
    }

    Awaitable<void> run(const Envelope& envelope, std::string_view payload,
                        SendListener& listener) {
        co_await reach(listener);
        co_await hello();
        if (settings_.server.tls == TlsMode::starttls) {
            co_await start_tls();
            co_await hello();
        }
        if (wants_login(settings_)) {
            talk_.enter(Stage::auth);
            co_await log_in(smtp_, settings_, offered_, login_);
        }
        co_await transfer(smtp_, settings_, offered_, envelope, payload, listener);
    }

    /// The mail is accepted; whatever happens here does not change that.
    Awaitable<void> quit() {
        try {
            talk_.enter(Stage::quit);
            talk_.queue({"QUIT"});
            const SmtpReply reply = co_await smtp_.exchange();
            smtp_.expect(reply, 2, "QUIT refused");
            talk_.leave();
        } catch (const ChannelError& error) {
            talk_.end_stage_ignoring(error);
        }
    }

    /// What came of the login of a conversation that ended with `failure`.
    [[nodiscard]] LoginEnd login_end(const std::optional<Failure>& failure) const noexcept {
        const bool at_login = failure && failure->stage() == Stage::auth;
        if (at_login && failure->cause() == Cause::auth_rejected) return LoginEnd::refused;
        const bool hung_up = at_login && failure->cause() == Cause::eof;
        return login_ == LoginEnd::hung_up && !hung_up ? LoginEnd::untold : login_;
    }

    Conversation& talk() noexcept { return talk_; }

  private:
    Awaitable<void> reach(SendListener& listener) {
        talk_.enter(Stage::resolve);
        co_await talk_.channel().resolve();
        listener.connecting(talk_.enter(Stage::connect));
        co_await talk_.connect(settings_.server.tls);
        talk_.enter(Stage::greeting);
        const SmtpReply reply = co_await smtp_.reply();
        smtp_.expect(reply, 2, "the server refuses to serve");
    }

    Awaitable<void> hello() {
        talk_.enter(Stage::hello);
        if (name_.empty()) name_ = settings_.ehlo_name;
        if (name_.empty()) name_ = talk_.channel().address_literal();
        talk_.queue({"EHLO ", name_});
        SmtpReply reply = co_await smtp_.exchange();
        const std::string host = talk_.channel().host_name();
        if (refuses_name(reply) && name_.starts_with('[') && !host.empty()) {
            talk_.remark("the server does not take " + name_ + " in EHLO (" + reply.said() +
                         "), so the host's name was used");
            name_ = host;
            talk_.queue({"EHLO ", name_});
            reply = co_await smtp_.exchange();
        }
        const bool needs_extensions =
            settings_.server.tls == TlsMode::starttls || wants_login(settings_);
        if (reply.first_digit() != 5 || needs_extensions) {
            expect_hello(reply, "EHLO refused");
            offered_ = smtp_capabilities(reply.text);
            co_return;
        }
        // RFC 5321 3.2: a server of RFC 821 knows HELO only.
        talk_.queue({"HELO ", name_});
        reply = co_await smtp_.exchange();
        expect_hello(reply, "HELO refused");
        offered_ = {};
    }

    // 500 and 502 refuse the command, other codes what it says.
    static bool refuses_name(const SmtpReply& reply) noexcept {
        return reply.first_digit() == 5 && reply.code != 500 && reply.code != 502;
    }

    void expect_hello(const SmtpReply& reply, std::string_view refused) const {
        if (reply.first_digit() == 2) return;
        const DialogueError trouble = smtp_.refusal(reply, refused);
        if (!refuses_name(reply)) throw trouble;
        const std::string detail = std::string(trouble.what()) + " (it was told the name " + name_ +
                                   "; the key `ehlo_name` sets another)";
        throw DialogueError(
            trouble.cause(), detail,
            trouble.in_step() ? DialogueError::Step::kept : DialogueError::Step::lost);
    }

    Awaitable<void> start_tls() {
        talk_.enter(Stage::starttls);
        if (!offered_.starttls) {
            throw DialogueError(Cause::tls_unavailable, "the server does not offer STARTTLS",
                                DialogueError::Step::kept);
        }
        talk_.queue({"STARTTLS"});
        const SmtpReply reply = co_await smtp_.exchange();
        if (reply.code != 220) {
            throw DialogueError(Cause::tls_unavailable, "STARTTLS refused: " + reply.said(),
                                DialogueError::Step::kept);
        }
        if (!talk_.input().empty()) {
            throw DialogueError(Cause::tls_injection, "octets after the reply to STARTTLS");
        }
        offered_ = {};
        co_await talk_.encrypt();
    }

    const SmtpSettings& settings_;
    Conversation talk_;
    SmtpDialogue smtp_;
    SmtpCapabilities offered_;
    LoginEnd login_ = LoginEnd::untold;
    // What EHLO said.
    std::string name_;
};

}  // namespace

Awaitable<void> send_mail(Channel& channel, const SmtpSettings& settings, const Envelope& envelope,
                          Instant give_up, SendListener& listener, Trace& trace) {
    const std::optional<std::string> payload = dot_stuffed(envelope.message);
    if (!payload) {
        // A bug of ours, found before anybody is bothered.
        throw Failure(Stage::data, Cause::internal, "the message holds a bare CR, LF or a NUL");
    }
    Submission submission(channel, settings, give_up, trace);
    std::optional<Failure> failure;
    try {
        co_await submission.run(envelope, *payload, listener);
    } catch (const ChannelError& error) {
        failure = submission.talk().failure(error);
    }
    listener.login_ended(submission.login_end(failure));
    if (failure) {
        co_await submission.talk().send_quit();
        channel.close();
        throw *failure;
    }
    co_await submission.quit();
    channel.close();
}

}  // namespace mailprobed
