// SPDX-License-Identifier: Apache-2.0
// Commands and replies of SMTP, and what a reply that refuses means.
#pragma once

#include "probes/session/conversation.hpp"
#include "probes/wire/smtp/reply.hpp"

#include <optional>
#include <string_view>

namespace mailprobed {

/// SMTP's question and answer over a Conversation.
class SmtpDialogue {
  public:
    explicit SmtpDialogue(Conversation& talk) : talk_(talk) {}

    /// Reads one reply. Throws DialogueError for what is no reply, for 421, and for 221 outside
    /// QUIT.
    Awaitable<SmtpReply> reply();
    /// Sends `octets`, or what is queued, and reads the reply to its first command; the server must
    /// not have spoken before. If the write fails but the server left a refusal, that is the reply.
    Awaitable<SmtpReply> exchange(std::string_view octets = {});
    /// Throws DialogueError if the server has said something that it was not asked for.
    void expect_silence();
    /// After a refusal in a group: reads `replies` replies, the last being DATA's, and takes the
    /// mail back if the server wants it nevertheless (RFC 2920 3.1). Errors end it silently.
    Awaitable<void> abandon_transaction(int replies);

    /// Throws DialogueError unless the reply's first digit is `digit`.
    void expect(const SmtpReply& reply, int digit, std::string_view refused) const;
    /// The DialogueError that a reply means if it is not what was hoped for.
    [[nodiscard]] DialogueError refusal(const SmtpReply& reply, std::string_view refused) const;

    [[nodiscard]] Conversation& talk() noexcept { return talk_; }
    /// False once the server will not understand or not be understood any more.
    [[nodiscard]] bool in_step() const noexcept { return !write_failed_; }

  private:
    Awaitable<SmtpReply> read_reply();
    Awaitable<SmtpReply> read_final_reply(ChannelError error);
    bool take_line(SmtpReplyParser& parser);
    void throw_if_closing(const SmtpReply& reply) const;
    SmtpReply finished(SmtpReplyParser& parser);

    Conversation& talk_;
    // A write failed, so nothing will be understood any more.
    bool write_failed_ = false;
};

}  // namespace mailprobed
