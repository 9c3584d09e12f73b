// SPDX-License-Identifier: Apache-2.0
// A submission from the first lookup to QUIT.
#include "probes/session/smtp_session.hpp"

#include "probes/session/conversation.hpp"
#include "probes/session/smtp_auth.hpp"
#include "probes/session/smtp_dialogue.hpp"
#include "probes/session/smtp_transfer.hpp"
#include "probes/wire/dot_stuff.hpp"
#include "probes/wire/smtp_capabilities.hpp"

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
            co_await log_in(smtp_, settings_, offered_);
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
            talk_.shrug(error);
        }
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
        const std::string name =
            settings_.ehlo_name.empty() ? talk_.channel().address_literal() : settings_.ehlo_name;
        talk_.queue({"EHLO ", name});
        SmtpReply reply = co_await smtp_.exchange();
        const bool needs_extensions =
            settings_.server.tls == TlsMode::starttls || wants_login(settings_);
        if (reply.first_digit() != 5 || needs_extensions) {
            smtp_.expect(reply, 2, "EHLO refused");
            offered_ = smtp_capabilities(reply.text);
            co_return;
        }
        // RFC 5321 3.2: a server of RFC 821 knows HELO only.
        talk_.queue({"HELO ", name});
        reply = co_await smtp_.exchange();
        smtp_.expect(reply, 2, "HELO refused");
        offered_ = {};
    }

    Awaitable<void> start_tls() {
        talk_.enter(Stage::starttls);
        if (!offered_.starttls) {
            throw Trouble(Cause::tls_unavailable, "the server does not offer STARTTLS",
                          Trouble::Step::kept);
        }
        talk_.queue({"STARTTLS"});
        const SmtpReply reply = co_await smtp_.exchange();
        if (reply.code != 220) {
            throw Trouble(Cause::tls_unavailable, "STARTTLS refused: " + reply.said(),
                          Trouble::Step::kept);
        }
        if (!talk_.input().empty()) {
            throw Trouble(Cause::tls_injection, "octets after the reply to STARTTLS");
        }
        offered_ = {};
        co_await talk_.encrypt();
    }

    const SmtpSettings& settings_;
    Conversation talk_;
    SmtpDialogue smtp_;
    SmtpCapabilities offered_;
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
    if (failure) {
        co_await submission.talk().good_bye();
        channel.close();
        throw *failure;
    }
    co_await submission.quit();
    channel.close();
}

bool is_unconfirmed(const Failure& failure) noexcept {
    return failure.stage() == Stage::accept &&
           (failure.cause() == Cause::timeout || failure.cause() == Cause::reset ||
            failure.cause() == Cause::eof);
}

}  // namespace mailprobed
