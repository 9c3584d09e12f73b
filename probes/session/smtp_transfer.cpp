// SPDX-License-Identifier: Apache-2.0
// MAIL, RCPT, DATA and the dot, one by one or as a group.
#include "probes/session/smtp_transfer.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

namespace mailprobed {

namespace {

constexpr std::string_view kSenderRefused = "sender refused";
constexpr std::string_view kRecipientRefused = "recipient refused";

// Anything else could end the address early or start another command.
bool is_address(std::string_view address) noexcept {
    return !address.empty() && std::ranges::all_of(address, [](char c) {
        return c > ' ' && c < '\x7f' && c != '<' && c != '>';
    });
}

Trouble envelope_refusal(const SmtpDialogue& smtp, const SmtpReply& reply,
                         std::string_view refused) {
    Trouble trouble = smtp.refusal(reply, refused);
    if (reply.code != 530) return trouble;
    const std::string detail =
        std::string(trouble.what()) + " (the server wants TLS or a login before mail)";
    return {trouble.cause(), detail, trouble.in_step() ? Trouble::Step::kept : Trouble::Step::lost};
}

bool wants_report(const SmtpCapabilities& offered, const Envelope& envelope) noexcept {
    return offered.dsn && !envelope.id.empty();
}

void queue_mail(SmtpDialogue& smtp, const SmtpCapabilities& offered, const Envelope& envelope) {
    const std::uint64_t size = envelope.message.size();
    if (!is_address(envelope.sender) || !is_address(envelope.recipient)) {
        throw Trouble(Cause::internal, "an address that cannot be sent", Trouble::Step::kept);
    }
    if (offered.max_size && size > *offered.max_size) {
        throw Trouble(Cause::too_big,
                      "the mail has " + std::to_string(size) + " octets, the server takes " +
                          std::to_string(*offered.max_size),
                      Trouble::Step::kept);
    }
    const std::string octets = std::to_string(size);
    // The id comes back in a bounce, whatever the server quotes of the mail (RFC 3461 4.4). It is
    // a tag: letters and digits, which are their own xtext.
    const bool dsn = wants_report(offered, envelope);
    smtp.talk().queue({"MAIL FROM:<", envelope.sender, ">", offered.size ? " SIZE=" : "",
                       offered.size ? octets : "", dsn ? " RET=HDRS ENVID=" : "",
                       dsn ? envelope.id : ""});
}

void queue_rcpt(SmtpDialogue& smtp, const SmtpCapabilities& offered, const Envelope& envelope) {
    smtp.talk().queue({"RCPT TO:<", envelope.recipient, ">",
                       wants_report(offered, envelope) ? " NOTIFY=FAILURE,DELAY" : ""});
}

// Each command waits for its reply, so that each stage has its own time.
Awaitable<void> one_by_one(SmtpDialogue& smtp, const SmtpCapabilities& offered,
                           const Envelope& envelope) {
    smtp.talk().enter(Stage::envelope);
    queue_mail(smtp, offered, envelope);
    SmtpReply reply = co_await smtp.exchange();
    if (reply.first_digit() != 2) throw envelope_refusal(smtp, reply, kSenderRefused);
    queue_rcpt(smtp, offered, envelope);
    reply = co_await smtp.exchange();
    if (reply.first_digit() != 2) throw envelope_refusal(smtp, reply, kRecipientRefused);
    smtp.talk().enter(Stage::data);
    smtp.talk().queue({"DATA"});
    reply = co_await smtp.exchange();
    smtp.expect(reply, 3, "DATA refused");
}

// One write for three commands (RFC 2920 3.1).
Awaitable<void> as_group(SmtpDialogue& smtp, const SmtpCapabilities& offered,
                         const Envelope& envelope) {
    smtp.talk().enter(Stage::envelope);
    queue_mail(smtp, offered, envelope);
    queue_rcpt(smtp, offered, envelope);
    smtp.talk().queue({"DATA"});
    std::optional<Trouble> refused;
    int unread = 2;
    SmtpReply reply = co_await smtp.exchange();
    if (reply.first_digit() != 2) {
        refused = envelope_refusal(smtp, reply, kSenderRefused);
    } else {
        reply = co_await smtp.reply();
        unread = 1;
        if (reply.first_digit() != 2) refused = envelope_refusal(smtp, reply, kRecipientRefused);
    }
    if (refused) {
        co_await smtp.withdraw(unread);
        throw *refused;
    }
    smtp.talk().enter(Stage::data);
    reply = co_await smtp.reply();
    smtp.expect(reply, 3, "DATA refused");
}

}  // namespace

Awaitable<void> transfer(SmtpDialogue& smtp, const SmtpSettings& settings,
                         const SmtpCapabilities& offered, const Envelope& envelope,
                         std::string_view payload, SendListener& listener) {
    if (settings.pipelining && offered.pipelining) {
        co_await as_group(smtp, offered, envelope);
    } else {
        co_await one_by_one(smtp, offered, envelope);
    }
    // Up to here, time that has run out included, the server cannot have the mail.
    smtp.expect_silence();
    listener.handed(smtp.talk().enter(Stage::accept));
    const SmtpReply reply = co_await smtp.exchange(payload);
    smtp.expect(reply, 2, "message refused");
    const std::string said = smtp.talk().presentable(reply.said());
    listener.accepted(smtp.talk().channel().now(), said);
    smtp.talk().leave();
}

}  // namespace mailprobed
