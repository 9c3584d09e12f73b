// SPDX-License-Identifier: Apache-2.0
// Misbehaviour as data: where it strikes, whom, how often, and what happens then.
#pragma once

#include "tests/loopback/bounce_report.hpp"
#include "tests/loopback/types.hpp"

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace mailprobed::loopback {

/// What happens when a fault strikes. Unless said otherwise the command is not carried out
/// (Fault::carry_out makes it so) and the session goes on.
enum class Action : std::uint8_t {
    delay,             ///< waits `duration`, then as usual; later faults of the step still apply
    reply,             ///< answers `text` instead
    reply_then_close,  ///< answers `text`, then closes
    drop,              ///< closes without an answer
    reset,             ///< closes with a TCP reset
    stall,             ///< never answers; the connection stays open until the client leaves
    half_close,        ///< ends its own sending direction without an answer, goes on reading
    garbage,           ///< answers `bytes` random bytes and CRLF (or `text`)
    endless_line,      ///< answers a line that never ends, `bytes` long, then closes
    endless_reply,     ///< answers a multi-line reply that never ends, `bytes` long, then closes
    drip,              ///< carries out; the reply, or `text`, goes out in bytes `duration` apart
    split,             ///< carries out; the reply goes out in writes of `bytes`, `duration` apart
    inject,            ///< carries out; `text` follows the reply in the same write
    cut_short,         ///< carries out; only the first `bytes` of the reply go out, then it closes
    lose,              ///< DOT only: 250, but the mail is thrown away
    duplicate,         ///< DOT only: 250, and the mail is delivered twice
    alter,             ///< DOT only: 250, and the body delivered is not the body sent
    delay_delivery,    ///< DOT only: 250, and `delivery` is the delay
    keep_and_drop,     ///< DOT only: the mail is delivered, the connection closed unanswered
    discard_and_drop,  ///< DOT only: the mail is thrown away, the connection closed unanswered
    refuse,            ///< answers `text`, by default a fitting permanent refusal of the step
    alert,             ///< a fatal TLS alert instead of an answer, then closes
    lock_held,         ///< POP3 LOGIN only: -ERR [IN-USE]
    bounce,            ///< DOT only: 250, and a mail of `kind` goes to the sender after `delivery`
};

/// One rule. An empty match field matches everything; all fields given must match.
struct Fault {
    /// Told in the log at every firing; empty becomes "<protocol> <at> <action>".
    std::string name;
    Protocol protocol = Protocol::any;
    /// The step: `connect`, `tls`, `greeting`, or a command in capitals: EHLO HELO STARTTLS AUTH
    /// MAIL RCPT DATA RSET NOOP QUIT, CAPA STLS USER PASS APOP STAT LIST UIDL TOP RETR DELE; also
    /// AUTH-RESPONSE (a SASL answer line), LOGIN (credentials complete by whatever way, right or
    /// wrong) and DOT (the end of the data was read).
    std::string at;
    Action action = Action::drop;

    /// The reply, or the bytes injected. CRLF is added to replies that do not end in one; several
    /// lines and bytes outside UTF-8 are sent as they are.
    std::string text;
    /// Of delay, drip and split; 0 takes a default (drip 1 s, split 1 ms).
    Nanoseconds duration{0};
    /// Of garbage, endless_*, split and cut_short; 0 takes a default (64, 64 MiB, 3, half).
    std::uint64_t bytes = 0;
    /// Of delay_delivery; of bounce: from the dot until the report is visible.
    DelayModel delivery;
    /// Of bounce. With `carry_out` the mail is delivered whatever the kind.
    BounceKind kind = BounceKind::dsn;
    /// Of bounce: the enhanced code; empty takes a default.
    std::string status;
    /// The command takes effect although the client does not get its true answer: with DOT the
    /// mail is kept, with POP3 QUIT the deletions are done.
    bool carry_out = false;

    /// User name given in this session so far (USER, AUTH or APOP; right or wrong).
    std::string username;
    /// MAIL FROM address of the running transaction.
    std::string sender;
    /// RCPT TO address of the running transaction (any of them).
    std::string recipient;
    /// The client's IP address, such as 127.0.3.7; `127.0.3.` is all that begin with it.
    std::string peer;
    /// Chance of each firing, by the server's seeded dice.
    double probability = 1.0;
    /// The first matches that are let pass.
    std::uint64_t skip = 0;
    /// Firings after which the rule is spent.
    std::uint64_t max = std::numeric_limits<std::uint64_t>::max();
};

/// The name of an action as the text form and the log spell it.
[[nodiscard]] std::string_view name(Action action) noexcept;

/// Reads the text form, `PROTOCOL AT ACTION [KEY=VALUE]...`, as in `smtp DOT lose user=alice p=0.1`
/// (README.md has all keys); throws std::invalid_argument.
[[nodiscard]] Fault parse_fault(std::string_view text);

}  // namespace mailprobed::loopback
