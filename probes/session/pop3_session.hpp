// SPDX-License-Identifier: Apache-2.0
// One visit to a POP3 mailbox (RFC 1939, 2449, 2595, 5034, 3206); the watcher decides what is read.
#pragma once

#include "probes/domain/backoff.hpp"
#include "probes/domain/settings.hpp"
#include "probes/net/channel.hpp"
#include "probes/session/trace.hpp"
#include "probes/wire/mail_headers.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace mailprobed {

/// One line of the listing.
struct ListedEntry {
    std::uint32_t number = 0;
    /// The unique id, 1 to 70 printable octets; empty if the server has no UIDL.
    std::string_view uidl;
    /// The size, where LIST gave it.
    std::optional<std::uint64_t> size;
    /// The instant the line was read.
    Instant read_at;
};

/// What reading one message gave.
struct FetchedMessage {
    std::uint32_t number = 0;
    /// False if the server said -ERR: the entry is gone or cannot be shown.
    bool present = false;
    /// What it said then, safe to show.
    std::string refusal;
    MailHeaders headers;
    /// The empty line after the header section came: a server that lost its storage may say +OK and
    /// end early.
    bool header_ended = false;
    /// The first line of the body, cut at kMaxFirstLine octets.
    std::string first_line;
    /// The body as received, dot-unstuffed, CRLF line ends, 256 KiB at most; only after retrieve()
    /// or where TOP is not supported and the whole message had to be read.
    std::optional<std::string> body;
    /// The body is longer than `body`.
    bool body_cut = false;
    /// The end was not read, it being too far away: nothing more can be read in this session.
    bool cut = false;
};

/// Octets of a body's first line that are kept.
inline constexpr std::size_t kMaxFirstLine = 256;

/// What came of marking messages as deleted.
struct Removal {
    /// Marked; gone if quit() returns true.
    std::vector<std::uint32_t> marked;
    /// Why others were not, if the server refused one.
    std::optional<Failure> refused;
};

/// How header sections are asked for.
enum class Pace : std::uint8_t {
    /// Several at once where the server offers PIPELINING.
    batches,
    /// Each when the one before has been answered.
    single
};

/// What the end of a conversation showed.
struct Farewell {
    /// The server said +OK to QUIT, so that deletions hold (RFC 1939 6).
    bool confirmed = false;
    /// No octet of the conversation was out of step: what it told about absence can be relied on.
    bool in_step = false;
};

/// Draws a number below `bound`.
using Draw = std::function<std::uint64_t(std::uint64_t bound)>;
/// Unforeseeable numbers: a stranger who knew what verify_step() asks could answer in the server's
/// place.
[[nodiscard]] std::uint64_t draw_at_random(std::uint64_t bound);

/// A POP3 conversation. Every member throws Failure, after which only close() makes sense.
class Pop3Session {
  public:
    Pop3Session(Channel& channel, const Pop3Settings& settings, Instant give_up, Trace& trace,
                Draw draw = draw_at_random);
    Pop3Session(const Pop3Session&) = delete;
    Pop3Session& operator=(const Pop3Session&) = delete;
    ~Pop3Session();

    /// Resolves, connects, encrypts and logs in.
    Awaitable<void> open();
    /// The instant before the connect, the earliest at which the server can have taken the snapshot
    /// of the mailbox that it shows; nothing if it was not reached.
    [[nodiscard]] std::optional<Instant> connect_at() const noexcept;
    /// The instant before the login command (PASS, AUTH or APOP) was written; nothing if it was
    /// not reached.
    [[nodiscard]] std::optional<Instant> login_at() const noexcept;
    /// What is believed of refusals without a code; before open().
    void trust_words(WordTrust trust) noexcept;
    /// What came of the login.
    [[nodiscard]] LoginEnd login_end() const noexcept;
    /// LOGIN-DELAY as the server announced it (RFC 2449 6.5), or zero; zero before a login, for
    /// what is said then may be anybody's word.
    [[nodiscard]] Duration login_delay() const noexcept;

    /// STAT: the number of messages.
    Awaitable<std::uint32_t> stat();
    /// True if the server knows UIDL; decided by the first list().
    [[nodiscard]] bool has_uidl() const noexcept;
    /// UIDL, or LIST where there is none; calls `each` for every line as it is read.
    Awaitable<void> list(std::function<void(const ListedEntry&)> each);
    /// LIST beside UIDL, for the sizes; nothing is called if the server refuses it.
    Awaitable<void> sizes(std::function<void(const ListedEntry&)> each);
    /// TOP n 1 for each number; RETR with a byte cap where TOP is missing.
    Awaitable<void> headers(std::span<const std::uint32_t> numbers, Pace pace,
                            std::function<void(FetchedMessage&&)> each);
    /// RETR n; with `strict` a body of more than 256 KiB is Failure{retr, too_big}, else one of
    /// more than 16 MiB.
    Awaitable<FetchedMessage> retrieve(std::uint32_t number, bool strict = true);
    /// The server offers TOP and refuses it for what RETR shows: headers() uses RETR from now on.
    void distrust_top() noexcept;
    /// Asks for a line of the listing again, drawn at random: true if it is the same, so that all
    /// answers so far belong to what was asked; false if the server refuses to tell. Throws
    /// Failure, out of step, for any other answer. Nothing may be removed before it was true.
    Awaitable<bool> verify_step();
    /// True after a Failure for which the answers of this session cannot be relied on.
    [[nodiscard]] bool out_of_step() const noexcept;
    /// DELE n for each number, until `until`; holds only after quit() returned true. A refusal
    /// concerns one message: the others are removed.
    Awaitable<Removal> remove(std::span<const std::uint32_t> numbers, Instant until);
    /// QUIT. Where verify_step() was not true since the last message was read, an answer of more
    /// than one line is out of step.
    Awaitable<Farewell> quit();

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace mailprobed
