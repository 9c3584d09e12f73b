// SPDX-License-Identifier: Apache-2.0
// One visit to a mailbox: the interface through which the monitor reads, whatever the protocol is.
#pragma once

#include "probes/base/time.hpp"
#include "probes/domain/outcome/failure.hpp"
#include "probes/domain/plan/backoff.hpp"
#include "probes/net/awaitable.hpp"
#include "probes/wire/message/mail_headers.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mailprobed {

/// One line of the listing.
struct ListedEntry {
    /// What names the entry in this session.
    std::uint32_t number = 0;
    /// What names the entry in other sessions, too; empty if the server has no such ids.
    std::string_view id;
    /// The size, where the listing gave it.
    std::optional<std::uint64_t> size;
    /// The instant the line was read.
    Instant read_at;
};

/// What reading one message gave.
struct FetchedMessage {
    std::uint32_t number = 0;
    /// False if the server refused: the entry is gone or cannot be shown.
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
    /// or where the server shows no header section by itself.
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
    /// Marked; gone if close() confirms.
    std::vector<std::uint32_t> marked;
    /// Why others were not, if the server refused one.
    std::optional<Failure> refused;
};

/// How header sections are asked for.
enum class Pace : std::uint8_t {
    /// Several at once where the server takes that.
    batches,
    /// Each when the one before has been answered.
    single
};

/// What the end of a conversation showed.
struct Farewell {
    /// The server confirmed the end, so that deletions hold.
    bool confirmed = false;
    /// No octet of the conversation was out of step: what it told about absence can be relied on.
    bool in_step = false;
};

/// A conversation about one mailbox. Every member throws Failure, after which none but the const
/// ones make sense.
class MailboxSession {
  public:
    MailboxSession() = default;
    MailboxSession(const MailboxSession&) = delete;
    MailboxSession& operator=(const MailboxSession&) = delete;
    virtual ~MailboxSession() = default;

    /// Resolves, connects, encrypts and logs in.
    virtual Awaitable<void> open() = 0;
    /// The instant before the connect, the earliest at which the server can have taken the snapshot
    /// of the mailbox that it shows; nothing if it was not reached.
    [[nodiscard]] virtual std::optional<Instant> connect_at() const noexcept = 0;
    /// What is believed of refusals without a code; before open().
    virtual void trust_words(WordTrust trust) noexcept = 0;
    /// What came of the login.
    [[nodiscard]] virtual LoginEnd login_end() const noexcept = 0;
    /// The least time between two logins that the server announced to this user, or zero; zero
    /// before a login, for what is said then may be anybody's word.
    [[nodiscard]] virtual Duration login_gap() const noexcept = 0;

    /// The number of messages, as the server counts them.
    virtual Awaitable<std::uint32_t> count() = 0;
    /// True if entries have ids; decided by the first list().
    [[nodiscard]] virtual bool has_ids() const noexcept = 0;
    /// Lists the mailbox; calls `each` for every line as it is read.
    virtual Awaitable<void> list(std::function<void(const ListedEntry&)> each) = 0;
    /// Lists again for the sizes, where list() did not give them; nothing is called if the server
    /// refuses it.
    virtual Awaitable<void> sizes(std::function<void(const ListedEntry&)> each) = 0;
    /// The header section of each entry, in the order asked for; the whole message where the server
    /// shows no header section by itself.
    virtual Awaitable<void> headers(std::span<const std::uint32_t> numbers, Pace pace,
                                    std::function<void(FetchedMessage&&)> each) = 0;
    /// One whole message; with `strict` a body of more than 256 KiB is Failure{body, too_big}, else
    /// one of more than 16 MiB.
    virtual Awaitable<FetchedMessage> retrieve(std::uint32_t number, bool strict = true) = 0;
    /// The server refuses header sections of what retrieve() shows: headers() reads whole messages
    /// from now on.
    virtual void distrust_headers() noexcept = 0;
    /// Asks for a line of the listing again, drawn at random: true if it is the same, so that all
    /// answers so far belong to what was asked; false if the server refuses to tell. Throws
    /// Failure, out of step, for any other answer. Nothing may be removed before it was true.
    virtual Awaitable<bool> verify_step() = 0;
    /// True after a Failure for which the answers of this session cannot be relied on.
    [[nodiscard]] virtual bool out_of_step() const noexcept = 0;
    /// Marks entries as deleted, until `until`; holds only if close() confirms. A refusal concerns
    /// one message: the others are removed.
    virtual Awaitable<Removal> remove(std::span<const std::uint32_t> numbers, Instant until) = 0;
    /// Says good-bye. Where verify_step() was not true since the last message was read, an answer
    /// of more than one line is out of step.
    virtual Awaitable<Farewell> close() = 0;
};

}  // namespace mailprobed
