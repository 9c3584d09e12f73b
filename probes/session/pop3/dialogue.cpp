// SPDX-License-Identifier: Apache-2.0
// Lock-step over POP3.
#include "probes/session/pop3/dialogue.hpp"

#include "probes/wire/pop3/login_words.hpp"

#include <utility>

namespace mailprobed {

namespace {

/// How long a server may keep silent behind an end that may be none.
constexpr Duration kDoubtfulEnd = std::chrono::seconds{1};
// A server that hangs up says why at once, if at all.
constexpr Duration kLastWordsTime = std::chrono::seconds{1};
constexpr std::size_t kMaxCapabilityLines = 256;
constexpr std::size_t kMaxCapabilityBytes = 64UL * 1024UL;

std::string_view word(Pop3Status status) noexcept {
    return status == Pop3Status::err ? "-ERR " : "+ ";
}

Cause refused_login(Pop3Code code) noexcept {
    switch (code) {
        case Pop3Code::in_use:
            return Cause::mailbox_busy;
        case Pop3Code::login_delay:
            return Cause::login_delay;
        case Pop3Code::sys_temp:
            return Cause::auth_transient;
        // Without a code nobody knows why; [SYS/PERM] is no matter of the password (RFC 3206 4).
        // Both end the hope that trying again soon helps, which is what the cause stands for.
        case Pop3Code::none:
        case Pop3Code::sys_perm:
        case Pop3Code::auth:
            break;
    }
    return Cause::auth_rejected;
}

std::string_view hint(Pop3Code code) noexcept {
    if (code == Pop3Code::none) return " (no reason code; it need not be the password)";
    if (code == Pop3Code::sys_perm) return " (a permanent fault of the server, not the password)";
    return {};
}

}  // namespace

DialogueError mixed_line_ends() {
    return {Cause::protocol_error,
            "the server ends lines with CRLF and a response with LF: its end cannot be told from a "
            "dot in a mail"};
}

DialogueError pop3_refusal(Stage stage, const Pop3Answer& answer, std::string_view refused) {
    std::string detail(refused);
    detail.append(": ").append(word(answer.status)).append(answer.text);
    if (answer.status != Pop3Status::err) return {Cause::protocol_error, detail};
    if (stage == Stage::auth) {
        detail.append(hint(answer.code));
        return {refused_login(answer.code), detail, DialogueError::Step::kept};
    }
    // Hotmail says so after the login, others instead of a greeting.
    const bool in_words =
        answer.code == Pop3Code::none && login_words(answer.text) != LoginWords::none;
    const bool passes = in_words || answer.code == Pop3Code::in_use ||
                        answer.code == Pop3Code::login_delay || answer.code == Pop3Code::sys_temp;
    return {passes ? Cause::rejected_transient : Cause::rejected_permanent, detail,
            DialogueError::Step::kept};
}

Awaitable<Pop3Answer> Pop3Dialogue::answer(bool whole) {
    LineBuffer::Line line = talk_.input().next();
    while (line.found == LineBuffer::Found::nothing) {
        std::optional<ChannelError> broken;
        try {
            co_await talk_.fill();
        } catch (const ChannelError& error) {
            broken = error;
        }
        if (broken) throw talk_.with_last_words(*broken);
        line = talk_.input().next();
    }
    if (line.found == LineBuffer::Found::too_long) {
        throw DialogueError(Cause::limit_exceeded, "a status line of more than 4096 octets");
    }
    if (!line.bare_lf) ends_ = LineEnds::crlf;
    talk_.trace_received(line.text);
    const Pop3Response response = pop3_response(line.text);
    if (response.status == Pop3Status::malformed) {
        throw DialogueError(Cause::protocol_error, "not a POP3 response: " + std::string(line.text),
                            DialogueError::Step::out);
    }
    if (whole || response.status != Pop3Status::ok) talk_.flush_trace();
    co_return Pop3Answer{response.status, response.code, std::string(response.text)};
}

void Pop3Dialogue::expect_silence() {
    if (talk_.input().empty()) return;
    const std::string waiting(talk_.input().waiting().substr(0, 200));
    if (talk_.stage() == Stage::starttls) {
        throw DialogueError(Cause::tls_injection, "octets before STLS: " + waiting);
    }
    throw DialogueError(Cause::protocol_error, "the server spoke unasked: " + waiting,
                        DialogueError::Step::out);
}

Awaitable<void> Pop3Dialogue::fill(const MultiLineReader& reader) {
    if (!reader.doubtful_end()) {
        co_await talk_.fill();
        co_return;
    }
    bool silent = false;
    talk_.shorten_deadline(kDoubtfulEnd);
    try {
        co_await talk_.fill();
    } catch (const ChannelError& error) {
        if (error.cause() != Cause::timeout) throw;
        silent = true;
    }
    if (silent) throw mixed_line_ends();
    talk_.relax();
}

Awaitable<Pop3Answer> Pop3Dialogue::exchange(bool whole) {
    expect_silence();
    std::optional<ChannelError> broken;
    try {
        co_await talk_.flush();
    } catch (const ChannelError& error) {
        broken = error;
    }
    if (broken) {
        Pop3Answer last = co_await read_final_reply(*broken, whole);
        co_return last;
    }
    Pop3Answer result = co_await answer(whole);
    co_return result;
}

// A server that has refused already may be gone before the command is written.
Awaitable<Pop3Answer> Pop3Dialogue::read_final_reply(ChannelError error, bool whole) {
    if (error.cause() == Cause::timeout) throw error;
    std::optional<Pop3Answer> said;
    try {
        talk_.shorten_deadline(kLastWordsTime);
        said = co_await answer(whole);
    } catch (const ChannelError&) {
        // What the write met with says more.
        said.reset();
    }
    if (!said || said->status != Pop3Status::err) throw talk_.with_last_words(error);
    co_return *std::move(said);
}

Awaitable<std::optional<Pop3Capabilities>> Pop3Dialogue::capabilities() {
    talk_.queue({"CAPA"});
    const Pop3Answer asked = co_await exchange(false);
    if (asked.status == Pop3Status::err) co_return std::nullopt;
    expect_ok(asked, "CAPA refused");
    Pop3Capabilities offered;
    MultiLineReader lister = reader();
    std::size_t lines = 0;
    for (;;) {
        const MultiLineReader::Piece line = lister.next(talk_.input());
        if (line.found == MultiLineReader::Found::nothing) {
            co_await fill(lister);
            continue;
        }
        if (line.found == MultiLineReader::Found::end) break;
        if (!line.ends_line || ++lines > kMaxCapabilityLines ||
            lister.octets() > kMaxCapabilityBytes) {
            throw DialogueError(Cause::limit_exceeded,
                                "a CAPA list of more than 256 lines or 64 KiB");
        }
        talk_.trace_received(line.text);
        offered.add(line.text);
    }
    talk_.trace_received(".");
    talk_.flush_trace();
    co_return offered;
}

void Pop3Dialogue::expect_ok(const Pop3Answer& answer, std::string_view refused) const {
    if (!answer.ok()) throw pop3_refusal(talk_.stage(), answer, refused);
}

}  // namespace mailprobed
