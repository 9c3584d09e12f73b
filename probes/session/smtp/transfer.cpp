// SPDX-License-Identifier: Apache-2.0
// MAIL, RCPT, DATA and the dot, one by one or as a group.
#include "probes/session/smtp/transfer.hpp"

#include "probes/base/ascii.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
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

bool is_alnum(char c) noexcept {
    return ascii_digit(c) || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z');
}

// True if `text` holds `word` in any case, alone.
bool holds_word(std::string_view text, std::string_view word) noexcept {
    for (std::size_t at = 0; at + word.size() <= text.size(); ++at) {
        if (!ascii_iequals(text.substr(at, word.size()), word)) continue;
        const bool begins = at == 0 || !is_alnum(text[at - 1]);
        const std::size_t end = at + word.size();
        if (begins && (end == text.size() || !is_alnum(text[end]))) return true;
    }
    return false;
}

bool speaks_of_hello(const SmtpReply& reply) noexcept {
    return holds_word(reply.text, "helo") || holds_word(reply.text, "ehlo");
}

DialogueError envelope_refusal(const SmtpDialogue& smtp, const SmtpReply& reply,
                               std::string_view refused) {
    DialogueError trouble = smtp.refusal(reply, refused);
    std::string detail = trouble.what();
    if (reply.code == 530) {
        detail += " (the server wants TLS or a login before mail)";
    } else if (speaks_of_hello(reply)) {
        detail += " (the key `ehlo_name` sets the name that EHLO says)";
    } else {
        return trouble;
    }
    return {trouble.cause(), detail,
            trouble.in_step() ? DialogueError::Step::kept : DialogueError::Step::lost};
}

// What one transaction asks for beside the addresses.
struct Order {
    const SmtpCapabilities& offered;
    const Envelope& envelope;
    // Parameters of RFC 3461.
    bool dsn;
};

// True if the reply to a command with DSN parameters may be meant for these: some servers offer DSN
// for another that knows none.
bool blames_parameters(const SmtpReply& reply) noexcept {
    if (reply.first_digit() < 4 || speaks_of_hello(reply)) return false;
    if (reply.code == 455 || reply.code == 555) return true;
    if (reply.code == 500 || reply.code == 501 || reply.code == 502 || reply.code == 504) {
        return true;
    }
    // X.5.2 and X.5.4: syntax, arguments.
    if (reply.enhanced && reply.enhanced->subject == 5 &&
        (reply.enhanced->detail == 2 || reply.enhanced->detail == 4)) {
        return true;
    }
    constexpr auto kWords = std::to_array<std::string_view>(
        {"ret", "envid", "notify", "orcpt", "dsn", "parameter", "parameters"});
    return std::ranges::any_of(
        kWords, [&reply](std::string_view word) { return holds_word(reply.text, word); });
}

void go_on_without_dsn(SmtpDialogue& smtp, Order& order, const SmtpReply& reply) {
    order.dsn = false;
    smtp.talk().remark("the server offers DSN but refused its parameters (" + reply.said() +
                       "), so they were left out");
}

void queue_mail(SmtpDialogue& smtp, const Order& order) {
    const SmtpCapabilities& offered = order.offered;
    const Envelope& envelope = order.envelope;
    const std::uint64_t size = envelope.message.size();
    if (!is_address(envelope.sender) || !is_address(envelope.recipient)) {
        throw DialogueError(Cause::internal, "an address that cannot be sent",
                            DialogueError::Step::kept);
    }
    if (offered.max_size && size > *offered.max_size) {
        throw DialogueError(Cause::too_big,
                            "the mail has " + std::to_string(size) + " octets, the server takes " +
                                std::to_string(*offered.max_size),
                            DialogueError::Step::kept);
    }
    const std::string octets = std::to_string(size);
    // The id comes back in a bounce, whatever the server quotes of the mail (RFC 3461 4.4). It is
    // a tag: letters and digits, which are their own xtext.
    smtp.talk().queue({"MAIL FROM:<", envelope.sender, ">", offered.size ? " SIZE=" : "",
                       offered.size ? octets : "", order.dsn ? " RET=HDRS ENVID=" : "",
                       order.dsn ? envelope.id : ""});
}

void queue_rcpt(SmtpDialogue& smtp, const Order& order) {
    smtp.talk().queue(
        {"RCPT TO:<", order.envelope.recipient, ">", order.dsn ? " NOTIFY=FAILURE,DELAY" : ""});
}

// MAIL or RCPT, as `queue` makes it, once more without parameters if they were refused.
Awaitable<void> envelope_command(SmtpDialogue& smtp, Order& order,
                                 void (*queue)(SmtpDialogue&, const Order&),
                                 std::string_view refused) {
    queue(smtp, order);
    SmtpReply reply = co_await smtp.exchange();
    if (order.dsn && smtp.in_step() && blames_parameters(reply)) {
        go_on_without_dsn(smtp, order, reply);
        queue(smtp, order);
        reply = co_await smtp.exchange();
    }
    if (reply.first_digit() != 2) throw envelope_refusal(smtp, reply, refused);
}

// Each command waits for its reply, so that each stage has its own time. In the open stage
// envelope.
Awaitable<void> one_by_one(SmtpDialogue& smtp, Order& order) {
    co_await envelope_command(smtp, order, queue_mail, kSenderRefused);
    co_await envelope_command(smtp, order, queue_rcpt, kRecipientRefused);
    smtp.talk().enter(Stage::data);
    smtp.talk().queue({"DATA"});
    const SmtpReply reply = co_await smtp.exchange();
    smtp.expect(reply, 3, "DATA refused");
}

// After a group that failed for its DSN parameters: the transaction from the start, one by one.
Awaitable<void> begin_again(SmtpDialogue& smtp, Order& order, const SmtpReply& refusal,
                            const DialogueError& refused) {
    smtp.talk().restart_stage_timer();
    // What is left of the group's transaction is not known.
    smtp.talk().queue({"RSET"});
    const SmtpReply reply = co_await smtp.exchange();
    if (reply.first_digit() != 2) throw refused;
    go_on_without_dsn(smtp, order, refusal);
    co_await one_by_one(smtp, order);
}

// One write for three commands (RFC 2920 3.1). In the open stage envelope.
Awaitable<void> as_group(SmtpDialogue& smtp, Order& order) {
    queue_mail(smtp, order);
    queue_rcpt(smtp, order);
    smtp.talk().queue({"DATA"});
    std::optional<DialogueError> refused;
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
        co_await smtp.abandon_transaction(unread);
        if (!order.dsn || !smtp.in_step() || !blames_parameters(reply)) throw *refused;
        co_await begin_again(smtp, order, reply, *refused);
        co_return;
    }
    smtp.talk().enter(Stage::data);
    reply = co_await smtp.reply();
    smtp.expect(reply, 3, "DATA refused");
}

}  // namespace

Awaitable<void> transfer(SmtpDialogue& smtp, const SmtpSettings& settings,
                         const SmtpCapabilities& offered, const Envelope& envelope,
                         std::string_view payload, SendListener& listener) {
    Order order{offered, envelope, offered.dsn && !envelope.id.empty()};
    smtp.talk().enter(Stage::envelope);
    if (settings.pipelining && offered.pipelining) {
        co_await as_group(smtp, order);
    } else {
        co_await one_by_one(smtp, order);
    }
    // Up to here, time that has run out included, the server cannot have the mail.
    smtp.expect_silence();
    listener.handed(smtp.talk().enter(Stage::accept));
    const SmtpReply reply = co_await smtp.exchange(payload);
    smtp.expect(reply, 2, "message refused");
    const std::string said = smtp.talk().presentable(reply.said()) + smtp.talk().remarks();
    listener.accepted(smtp.talk().channel().now(), said);
    smtp.talk().leave();
}

}  // namespace mailprobed
