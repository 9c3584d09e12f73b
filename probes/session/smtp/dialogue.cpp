// SPDX-License-Identifier: Apache-2.0
// Lock-step over SMTP.
#include "probes/session/smtp/dialogue.hpp"

#include <span>
#include <string>
#include <utility>

namespace mailprobed {

namespace {

// A server that hangs up says why at once, if at all.
constexpr Duration kLastWordsTime = std::chrono::seconds{1};

}  // namespace

void SmtpDialogue::throw_if_closing(const SmtpReply& reply) const {
    // RFC 5321 3.8: 421 may answer anything and ends the session for now.
    if (reply.code == 421) {
        throw DialogueError(Cause::rejected_transient, "the server closes: " + reply.said());
    }
    // 221 means that the connection ends (RFC 5321 4.2.2), not that what was asked for was done:
    // behind the dot it leaves open who has the mail, as hanging up does.
    const bool allowed = talk_.stage() == Stage::quit || talk_.stage() == Stage::starttls;
    if (reply.code == 221 && !allowed) {
        throw DialogueError(Cause::eof, "the server ends the session: " + reply.said());
    }
}

// True if a reply is complete; false if more octets are needed.
bool SmtpDialogue::take_line(SmtpReplyParser& parser) {
    using enum SmtpReplyParser::Step;
    for (;;) {
        const LineBuffer::Line line = talk_.input().next();
        if (line.found == LineBuffer::Found::nothing) return false;
        if (line.found == LineBuffer::Found::too_long) {
            throw DialogueError(Cause::limit_exceeded, "a reply line of more than 4096 octets");
        }
        talk_.trace_received(line.text);
        const SmtpReplyParser::Step step = parser.add(line.text);
        if (step == done) return true;
        if (step == more) continue;
        if (step == too_long) {
            throw DialogueError(Cause::limit_exceeded, "a reply of more than 256 lines or 64 KiB");
        }
        // With what came before: a secret may begin there, and is masked as a whole only.
        std::string said(parser.text());
        if (!said.empty()) said += '\n';
        throw DialogueError(Cause::protocol_error, "not an SMTP reply: " + said.append(line.text));
    }
}

SmtpReply SmtpDialogue::finished(SmtpReplyParser& parser) {
    talk_.flush_trace();
    SmtpReply reply = parser.take();
    if (reply.mixed_codes) talk_.note("the reply's lines differ in their codes; the last counts");
    return reply;
}

Awaitable<SmtpReply> SmtpDialogue::read_reply() {
    SmtpReplyParser parser;
    std::optional<ChannelError> broken;
    try {
        while (!take_line(parser)) {
            co_await talk_.fill();
        }
    } catch (const DialogueError&) {
        throw;
    } catch (const ChannelError& error) {
        broken = error;
    }
    if (broken) throw talk_.with_last_words(*broken, parser.text());
    co_return finished(parser);
}

Awaitable<SmtpReply> SmtpDialogue::reply() {
    SmtpReply reply = co_await read_reply();
    throw_if_closing(reply);
    co_return reply;
}

void SmtpDialogue::expect_silence() {
    if (talk_.input().empty()) return;
    const std::string waiting(talk_.input().waiting().substr(0, 200));
    if (talk_.stage() == Stage::starttls) {
        throw DialogueError(Cause::tls_injection, "octets before STARTTLS: " + waiting);
    }
    SmtpReplyParser parser;
    if (take_line(parser)) throw_if_closing(parser.take());
    throw DialogueError(Cause::protocol_error, "the server spoke unasked: " + waiting);
}

// Talks to the channel itself: this runs for every command of every mail.
Awaitable<SmtpReply> SmtpDialogue::exchange(std::string_view octets) {
    expect_silence();
    talk_.trace_sent(octets);
    const std::string_view output = octets.empty() ? talk_.outgoing() : octets;
    std::optional<ChannelError> broken;
    try {
        co_await talk_.channel().write(output);
    } catch (const ChannelError& error) {
        broken = error;
    }
    if (octets.empty()) talk_.sent();
    if (broken) {
        SmtpReply reply = co_await read_final_reply(*broken);
        throw_if_closing(reply);
        co_return reply;
    }
    SmtpReplyParser parser;
    try {
        while (!take_line(parser)) {
            const std::span<char> room = talk_.room();
            const std::size_t size = co_await talk_.channel().read(room);
            talk_.received(size);
        }
    } catch (const DialogueError&) {
        throw;
    } catch (const ChannelError& error) {
        broken = error;
    }
    if (broken) throw talk_.with_last_words(*broken, parser.text());
    SmtpReply reply = finished(parser);
    throw_if_closing(reply);
    co_return reply;
}

Awaitable<SmtpReply> SmtpDialogue::read_final_reply(ChannelError error) {
    write_failed_ = true;
    if (error.cause() == Cause::timeout) throw error;
    std::optional<SmtpReply> reply;
    try {
        talk_.shorten_deadline(kLastWordsTime);
        reply = co_await read_reply();
    } catch (const ChannelError&) {
        // What the write met with says more.
        reply.reset();
    }
    // Only a refusal can be the answer to something that was not sent completely.
    if (!reply || reply->first_digit() < 4) throw talk_.with_last_words(error);
    co_return *std::move(reply);
}

Awaitable<void> SmtpDialogue::abandon_transaction(int replies) {
    if (write_failed_) co_return;
    try {
        SmtpReply last;
        for (int i = 0; i < replies; ++i) {
            last = co_await read_reply();
        }
        if (last.first_digit() != 3) co_return;
        talk_.queue({"."});
        co_await talk_.flush();
        last = co_await read_reply();
    } catch (const ChannelError&) {
        write_failed_ = true;
    }
}

void SmtpDialogue::expect(const SmtpReply& reply, int digit, std::string_view refused) const {
    if (reply.first_digit() != digit) throw refusal(reply, refused);
}

DialogueError SmtpDialogue::refusal(const SmtpReply& reply, std::string_view refused) const {
    Cause cause = Cause::protocol_error;
    if (reply.first_digit() == 4) cause = Cause::rejected_transient;
    if (reply.first_digit() == 5) cause = Cause::rejected_permanent;
    std::string detail(refused);
    detail.append(": ").append(reply.said());
    return {cause, detail, write_failed_ ? DialogueError::Step::lost : DialogueError::Step::kept};
}

}  // namespace mailprobed
