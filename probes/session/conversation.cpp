// SPDX-License-Identifier: Apache-2.0
// Stages, deadlines and the way from errors to Failures.
#include "probes/session/conversation.hpp"

#include "probes/base/escape.hpp"

#include <algorithm>
#include <span>

namespace mailprobed {

namespace {

// Lines of one response that the trace shows; a listing may have a million.
constexpr std::size_t kMaxHeardLines = 200;
constexpr std::size_t kMaxHeardBytes = 32UL * 1024UL;
constexpr std::size_t kMaxDetail = 500;
// More of a text than a detail can show; a reply of 64 KiB need not be searched as a whole.
constexpr std::size_t kMaxMasked = 4096;
constexpr Duration kGoodByeTime = std::chrono::seconds{1};

bool handshakes(Stage stage) noexcept {
    return stage == Stage::tls || stage == Stage::starttls;
}

bool is_tls(Cause cause) noexcept {
    return cause == Cause::tls_untrusted || cause == Cause::tls_name_mismatch ||
           cause == Cause::tls_expired || cause == Cause::tls_failed ||
           cause == Cause::tls_injection;
}

// Calls `each` with every line of `text`, the last one even without LF.
template <class Each>
void for_lines(std::string_view text, Each each) {
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.ends_with('\r')) line.remove_suffix(1);
        each(line);
    }
}

}  // namespace

Conversation::Conversation(Channel& channel, Side side, const Timeouts& timeouts, Instant give_up,
                           Trace& trace)
    : channel_(channel),
      side_(side),
      timeouts_(timeouts),
      trace_(trace),
      limit_(give_up),
      tells_(trace.wants_lines()) {}

Conversation::~Conversation() {
    if (queued_secret_) wipe(output_.data(), output_.size());
}

Instant Conversation::enter(Stage stage) {
    const Instant now = channel_.now();
    if (!started_) {
        limit_ = std::min(limit_, now + timeouts_.total);
        channel_.bounded_by(limit_);
    }
    started_ = true;
    if (open_) {
        if (now >= limit_)
            throw DialogueError(Cause::timeout, "the time for the whole session is up");
        end_stage(now, std::nullopt);
    }
    stage_ = stage;
    open_ = true;
    trace_.stage_began(stage, now);
    if (now >= limit_) throw DialogueError(Cause::timeout, "the time for the whole session is up");
    expect_by(now + timeouts_.of(stage));
    return now;
}

void Conversation::expect_by(Instant deadline) {
    deadline_ = std::min(deadline, limit_);
    channel_.expect_by(deadline_);
}

void Conversation::shorten_deadline(Duration time) {
    channel_.expect_by(std::min(channel_.now() + time, deadline_));
}

void Conversation::relax() {
    channel_.expect_by(deadline_);
}

void Conversation::leave() {
    end_stage(channel_.now(), std::nullopt);
}

void Conversation::restart_stage_timer() {
    const Instant now = channel_.now();
    if (now >= limit_) throw DialogueError(Cause::timeout, "the time for the whole session is up");
    expect_by(now + timeouts_.of(stage_));
}

void Conversation::end_stage(Instant at, std::optional<Cause> cause) {
    flush_trace(cause.has_value());
    if (!open_) return;
    open_ = false;
    trace_.stage_ended(stage_, at, cause);
}

Cause Conversation::cause_here(const ChannelError& error) const noexcept {
    const Cause cause = error.cause();
    if (dynamic_cast<const DialogueError*>(&error) != nullptr) return cause;
    if (stage_ == Stage::resolve || stage_ == Stage::connect) return cause;
    const bool known = cause == Cause::timeout || cause == Cause::eof || cause == Cause::reset ||
                       cause == Cause::internal || (handshakes(stage_) && is_tls(cause));
    // A connection that breaks in mid-dialogue is gone, whichever layer noticed.
    if (!known) return Cause::eof;
    // The dot may have left: even an error of our own leaves open who has the mail.
    if (stage_ == Stage::accept && cause == Cause::internal) return Cause::eof;
    return cause;
}

std::string Conversation::detail_of(const ChannelError& error, Cause counted) {
    const bool own = dynamic_cast<const DialogueError*>(&error) != nullptr;
    const bool silent = stage_ == Stage::greeting && !encrypted_ && filled_at_ == Instant{} &&
                        (error.cause() == Cause::timeout || error.cause() == Cause::eof);
    if (silent && !own) {
        return presentable(error.what()) +
               " (a port that speaks TLS from the start says nothing either: is `tls: implicit` "
               "meant?)";
    }
    if (own || error.cause() == counted) return presentable(error.what()) + remarks_;
    // The label is coarser than what is known.
    return presentable(std::string(to_string(error.cause())) + ": " + error.what()) + remarks_;
}

ChannelError Conversation::with_last_words(const ChannelError& error, std::string_view earlier) {
    std::string words(earlier);
    const std::string_view waiting = input_.waiting();
    if (!waiting.empty()) {
        // Whoever tried again to hear them has told them already.
        if (!heard_.ends_with(std::string(waiting) + '\n')) trace_received(waiting);
        if (!words.empty()) words += '\n';
        words += waiting;
    }
    if (words.empty()) return error;
    return {error.cause(), std::string(error.what()) + "; the server's last words: " + words};
}

Failure Conversation::failure(const ChannelError& error) {
    const auto* trouble = dynamic_cast<const DialogueError*>(&error);
    in_step_ = trouble != nullptr && trouble->in_step();
    out_of_step_ = out_of_step_ || (trouble != nullptr && trouble->out_of_step());
    const StageCause pair = counted_as(side_, {stage_, cause_here(error)});
    end_stage(channel_.now(), pair.cause);
    return {pair.stage, pair.cause, detail_of(error, pair.cause)};
}

void Conversation::end_stage_ignoring(const ChannelError& error) {
    const auto* trouble = dynamic_cast<const DialogueError*>(&error);
    out_of_step_ = out_of_step_ || (trouble != nullptr && trouble->out_of_step());
    const Cause cause = cause_here(error);
    const Cause counted = counted_as(side_, {stage_, cause}).cause;
    end_stage(channel_.now(), counted == Cause::internal ? cause : counted);
    note(error.what());
}

Awaitable<void> Conversation::connect(TlsMode mode) {
    co_await channel_.connect();
    trace_.connected(channel_.family());
    if (mode == TlsMode::implicit) {
        enter(Stage::tls);
        co_await encrypt();
    }
}

Awaitable<void> Conversation::encrypt() {
    co_await channel_.handshake();
    input_.clear();
    encrypted_ = true;
    const std::optional<TlsFacts> facts = channel_.tls_facts();
    if (facts) trace_.encrypted(*facts);
}

Awaitable<void> Conversation::fill() {
    const std::size_t size = co_await channel_.read(room());
    received(size);
}

void Conversation::received(std::size_t size) {
    filled_at_ = channel_.now();
    input_.commit(size);
}

void Conversation::queue(std::initializer_list<std::string_view> parts) {
    const std::size_t begin = output_.size();
    for (const std::string_view part : parts) {
        if (part.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos) {
            output_.resize(begin);
            throw DialogueError(Cause::internal, "a command would hold a line break or NUL");
        }
        output_ += part;
    }
    if (tells_) shown_.append(output_, begin).append(1, '\n');
    output_ += "\r\n";
}

void Conversation::queue_secret(std::string_view line, std::string_view shown) {
    // Room first, so that no copy of the secret is left behind by growing.
    output_.reserve(output_.size() + line.size() + 2);
    queued_secret_ = true;
    const bool tells = std::exchange(tells_, false);
    queue({line});
    tells_ = tells;
    if (tells_) shown_.append(shown).append(1, '\n');
}

Awaitable<void> Conversation::flush() {
    co_await channel_.write(outgoing());
    sent();
}

std::string_view Conversation::outgoing() {
    trace_sent(shown_);
    shown_.clear();
    return output_;
}

void Conversation::sent() noexcept {
    if (queued_secret_) wipe(output_.data(), output_.size());
    queued_secret_ = false;
    output_.clear();
}

Awaitable<void> Conversation::send_quit() {
    const Instant now = channel_.now();
    if (!in_step_ || now >= limit_) co_return;
    try {
        expect_by(now + kGoodByeTime);
        queue({"QUIT"});
        co_await flush();
    } catch (const ChannelError&) {
        // The failure that led here is the one that matters.
        co_return;
    }
}

std::string Conversation::masked(std::string_view text, bool open_end) {
    return trace_.masked(masker_.masked(text, open_end), open_end);
}

std::string Conversation::presentable(std::string_view text) {
    // What is quoted may end where the octets did that had arrived, in the middle of a secret.
    std::string result = masked(text.substr(0, kMaxMasked), true);
    std::ranges::replace(result, '\n', ' ');
    return escaped(result, kMaxDetail);
}

void Conversation::trace_received(std::string_view line) {
    if (!tells_) return;
    ++heard_lines_;
    if (heard_lines_ > kMaxHeardLines || heard_.size() > kMaxHeardBytes) return;
    heard_.append(line).append(1, '\n');
}

void Conversation::flush_trace(bool open_end) {
    if (!tells_ || heard_lines_ == 0) return;
    const auto shown = static_cast<std::size_t>(std::ranges::count(heard_, '\n'));
    const std::size_t more = heard_lines_ - shown;
    for_lines(masked(heard_, open_end || more > 0),
              [this](std::string_view line) { trace_.line(Speaker::server, escaped(line)); });
    if (more > 0) note("... and " + std::to_string(more) + " more lines");
    heard_.clear();
    heard_lines_ = 0;
}

void Conversation::trace_sent(std::string_view octets) {
    if (!tells_) return;
    std::size_t lines = 0;
    for_lines(octets, [&](std::string_view line) {
        if (++lines <= kMaxHeardLines) trace_.line(Speaker::client, escaped(line));
    });
    if (lines > kMaxHeardLines) {
        note("... and " + std::to_string(lines - kMaxHeardLines) + " more lines");
    }
}

void Conversation::note(std::string_view text) {
    if (tells_) trace_.line(Speaker::note, presentable(text));
}

void Conversation::remark(std::string_view text) {
    note(text);
    remarks_ += "; " + presentable(text);
}

}  // namespace mailprobed
