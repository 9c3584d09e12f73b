// SPDX-License-Identifier: Apache-2.0
// What all mail conversations share: stages with deadlines, lines both ways, a redacted
// trace, and the one place where an error becomes a Failure.
#pragma once

#include "probes/domain/outcome/failure.hpp"
#include "probes/domain/settings/settings.hpp"
#include "probes/net/channel.hpp"
#include "probes/session/redact/masker.hpp"
#include "probes/session/trace.hpp"
#include "probes/wire/lines/line_buffer.hpp"

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace mailprobed {

/// What the conversation itself finds wrong: a refusal, or words that make no sense.
class DialogueError final : public ChannelError {
  public:
    /// Whether both sides still know what comes next.
    enum class Step : std::uint8_t {
        lost,
        /// A QUIT would be understood.
        kept,
        /// The answers do not fit what was asked: none of them can be relied on.
        out
    };

    /// `detail` may quote the server as it is; it is masked and escaped later.
    DialogueError(Cause cause, const std::string& detail, Step step = Step::lost)
        : ChannelError(cause, detail), step_(step) {}
    [[nodiscard]] bool in_step() const noexcept { return step_ == Step::kept; }
    [[nodiscard]] bool out_of_step() const noexcept { return step_ == Step::out; }

  private:
    Step step_;
};

/// One conversation over one channel. Cancellation passes through it and ends no stage.
class Conversation {
  public:
    /// `give_up` bounds the conversation in addition to `timeouts.total`.
    Conversation(Channel& channel, Side side, const Timeouts& timeouts, Instant give_up,
                 Trace& trace);
    Conversation(const Conversation&) = delete;
    Conversation& operator=(const Conversation&) = delete;
    ~Conversation();

    /// Ends the open stage well, if there is one, and begins `stage`; returns that moment. If the
    /// whole conversation's time is up it throws DialogueError, and the stage that used it up stays
    /// open.
    Instant enter(Stage stage);
    /// Ends the open stage well.
    void leave();
    /// Gives the open stage its time once more: for stages of many commands.
    void restart_stage_timer();
    /// Leaves the open stage `time` at most, until relax().
    void shorten_deadline(Duration time);
    /// Gives the open stage the time again that it had before shorten_deadline().
    void relax();
    /// `error` with the words that came before it: `earlier` and what waits without a line's end.
    /// They are traced too, unless they were `earlier`.
    [[nodiscard]] ChannelError with_last_words(const ChannelError& error,
                                               std::string_view earlier = {});
    /// Ends the open stage badly; returns what to throw.
    [[nodiscard]] Failure failure(const ChannelError& error);
    /// Ends the open stage badly where nothing follows from it (QUIT).
    void end_stage_ignoring(const ChannelError& error);
    /// True after failure() or end_stage_ignoring() of a DialogueError that was out of step.
    [[nodiscard]] bool out_of_step() const noexcept { return out_of_step_; }
    /// The stage that is open or was last.
    [[nodiscard]] Stage stage() const noexcept { return stage_; }

    /// The connect, in the open stage; with implicit TLS also stage tls.
    Awaitable<void> connect(TlsMode mode);
    /// The handshake, in the open stage; what was received before is forgotten.
    Awaitable<void> encrypt();
    /// True after encrypt().
    [[nodiscard]] bool encrypted() const noexcept { return encrypted_; }

    /// What was received and not used yet.
    [[nodiscard]] LineBuffer& input() noexcept { return input_; }
    /// Reads more into input().
    Awaitable<void> fill();
    /// The two halves of fill() around the channel's read, for loops where a coroutine more for
    /// each read would show.
    [[nodiscard]] std::span<char> room() { return input_.prepare(); }
    void received(std::size_t size);
    /// When input() was last filled.
    [[nodiscard]] Instant filled_at() const noexcept { return filled_at_; }

    /// Adds a command, in parts and without CRLF, to what flush() sends. Throws DialogueError if a
    /// part holds CR, LF or NUL.
    void queue(std::initializer_list<std::string_view> parts);
    /// The same for a line that holds a secret; the trace shows `shown` instead.
    void queue_secret(std::string_view line, std::string_view shown);
    /// Sends what was queued in one write.
    Awaitable<void> flush();
    /// The two halves of flush() around the channel's write.
    [[nodiscard]] std::string_view outgoing();
    void sent() noexcept;
    /// Sends QUIT without waiting for anything, if the server would understand it after failure().
    Awaitable<void> send_quit();

    /// The secrets to be masked.
    [[nodiscard]] Masker& masker() noexcept { return masker_; }
    /// `text` fit for people: masked, escaped, on one line, of bounded length.
    [[nodiscard]] std::string presentable(std::string_view text);
    /// Keeps a received line for the trace until the response is complete, because a secret may be
    /// broken over its lines.
    void trace_received(std::string_view line);
    /// Traces the lines kept; `open_end` if more should have come.
    void flush_trace(bool open_end = false);
    /// Traces the lines of `octets` as sent.
    void trace_sent(std::string_view octets);
    /// Traces a remark.
    void note(std::string_view text);
    /// Traces a remark that is also to be read with whatever comes of the conversation.
    void remark(std::string_view text);
    /// The remarks, presentable, each behind "; "; empty if there were none.
    [[nodiscard]] const std::string& remarks() const noexcept { return remarks_; }

    [[nodiscard]] Channel& channel() noexcept { return channel_; }

  private:
    /// `text` without secrets, this session's and others.
    [[nodiscard]] std::string masked(std::string_view text, bool open_end);

    void expect_by(Instant deadline);
    void end_stage(Instant at, std::optional<Cause> cause);
    [[nodiscard]] Cause cause_here(const ChannelError& error) const noexcept;
    [[nodiscard]] std::string detail_of(const ChannelError& error, Cause counted);

    Channel& channel_;
    Side side_;
    const Timeouts& timeouts_;
    Trace& trace_;
    Instant limit_;
    Instant deadline_{};
    bool started_ = false;
    Stage stage_ = Stage::resolve;
    bool open_ = false;
    bool in_step_ = false;
    bool out_of_step_ = false;
    bool encrypted_ = false;
    bool tells_;
    bool queued_secret_ = false;
    LineBuffer input_;
    Instant filled_at_{};
    std::string output_;
    // output_ as the trace may show it.
    std::string shown_;
    Masker masker_;
    std::string remarks_;
    std::string heard_;
    std::size_t heard_lines_ = 0;
};

}  // namespace mailprobed
