// SPDX-License-Identifier: Apache-2.0
// Commands and responses of POP3, and what -ERR means at each stage.
#pragma once

#include "probes/session/conversation.hpp"
#include "probes/wire/pop3/capabilities.hpp"
#include "probes/wire/pop3/multi_line.hpp"
#include "probes/wire/pop3/response.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace mailprobed {

/// A response of one line.
struct Pop3Answer {
    Pop3Status status = Pop3Status::malformed;
    Pop3Code code = Pop3Code::none;
    /// What follows the status word, octets as received.
    std::string text;

    [[nodiscard]] bool ok() const noexcept { return status == Pop3Status::ok; }
};

/// POP3's question and answer over a Conversation.
class Pop3Dialogue {
  public:
    explicit Pop3Dialogue(Conversation& talk) : talk_(talk) {}

    /// Reads a status line; throws DialogueError if it is none. `whole` is false if a list follows.
    Awaitable<Pop3Answer> answer(bool whole = true);
    /// Sends what is queued and reads the first status line; the server must not have spoken
    /// before.
    Awaitable<Pop3Answer> exchange(bool whole = true);
    /// CAPA; nothing if the server does not know it.
    Awaitable<std::optional<Pop3Capabilities>> capabilities();

    /// Throws DialogueError, out of step, if the server has said something that it was not asked
    /// for.
    void expect_silence();
    /// A reader of a list or mail that begins now.
    [[nodiscard]] MultiLineReader reader() const noexcept { return MultiLineReader(ends_); }
    /// Reads more octets for `reader`; throws DialogueError if the server ended a response with the
    /// wrong line ends and says no more.
    Awaitable<void> fill(const MultiLineReader& reader);
    /// Throws DialogueError unless `answer` is +OK.
    void expect_ok(const Pop3Answer& answer, std::string_view refused) const;

    [[nodiscard]] Conversation& talk() noexcept { return talk_; }

  private:
    Awaitable<Pop3Answer> read_final_reply(ChannelError error, bool whole);

    Conversation& talk_;
    /// Until a status line ends in CRLF.
    LineEnds ends_ = LineEnds::lf_only;
};

/// The DialogueError that a response has with an end that may be none.
[[nodiscard]] DialogueError mixed_line_ends();

/// The DialogueError that an answer other than +OK means; at stage auth that of a login without
/// knowledge of words (see auth.hpp).
[[nodiscard]] DialogueError pop3_refusal(Stage stage, const Pop3Answer& answer,
                                         std::string_view refused);

}  // namespace mailprobed
