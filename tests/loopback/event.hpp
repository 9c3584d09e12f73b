// SPDX-License-Identifier: Apache-2.0
// What the loopback server tells of itself: enough to compute every mail's true fate from it alone.
#pragma once

#include "tests/loopback/types.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace mailprobed::loopback {

/// What happened. In brackets: the fields of Event that it fills beside the common ones.
enum class EventKind : std::uint8_t {
    connect,        ///< a connection was accepted [detail: "plain" or "tls"]
    secured,        ///< a TLS handshake was completed [text: version]
    command,        ///< a line was read [text: the line, secrets masked; detail: the step]
    reply,          ///< a reply was put together [text: its first line, code]
    fault,          ///< a fault struck [text: its name, detail: "<step> <action>"]
    login,          ///< a login was good [detail: mechanism; POP3 count: mails in the snapshot]
    login_refused,  ///< a login failed [text: "credentials", "in-use", "login-delay" or "tls"]
    mail,           ///< the fate of a mail after its dot is sealed [mail]
    visible,        ///< a mail became visible; at_ns is that very instant [mail]
    listed,         ///< UIDL or LIST without a number was answered [text: command, count]
    retrieved,      ///< TOP or RETR was answered [text: command, mail]
    deleted,        ///< a mail was removed at QUIT [mail]
    close,  ///< a session is over [text: reason, detail: last step, code: last reply, count]
};

/// The name of a kind as the log spells it.
[[nodiscard]] std::string_view name(EventKind kind) noexcept;

/// What became of a mail at its dot.
enum class Fate : std::uint8_t {
    kept,        ///< stored, to become visible at visible_ns
    altered,     ///< stored with another body
    duplicated,  ///< stored twice; the copy has an own id and an own `visible`
    lost,        ///< answered 250 and thrown away
    refused,     ///< answered with something else than 2yz and thrown away
    discarded,   ///< thrown away without an answer
    bounced,     ///< answered 250 and thrown away; a true report of it is in the sender's mailbox
};

/// The name of a fate as the log spells it.
[[nodiscard]] std::string_view name(Fate fate) noexcept;

/// What is known of one mail for one recipient.
struct MailFacts {
    std::uint64_t id = 0;
    std::string sender;
    std::string recipient;
    /// User name of the mailbox; empty for mail that was not stored.
    std::string mailbox;
    std::string uidl;
    /// X-Mailprobed-Tag, unfolded; empty if there is none.
    std::string tag;
    /// Message-ID with its brackets; empty if there is none.
    std::string message_id;
    /// Octets as stored.
    std::uint64_t bytes = 0;
    /// When the end of the data was read, or when the mail was injected by the test.
    std::int64_t dot_ns = 0;
    /// When it becomes visible; 0 for mail that was not stored.
    std::int64_t visible_ns = 0;
    Fate fate = Fate::kept;
    /// It is in a mailbox or on its way into one.
    bool kept = false;
    /// The code answered (or that would have been, had it been sent); 0 if there was none.
    int reply_code = 0;
    /// The answer was handed to the kernel while the client was still there; in `mail` events only.
    bool reply_sent = false;
    /// The name of the fault that struck at the dot, if any.
    std::string fault;
    /// For the second entry of a duplicated mail: the id of the first.
    std::uint64_t copy_of = 0;
    /// For what a bounce fault sent back: the id of the mail it is about.
    std::uint64_t report_on = 0;
    /// What the client asked for by DSN parameters (RFC 3461 4), decoded; empty where it did not.
    std::string envelope_id;
    std::string ret;
    std::string notify;
    std::string original_recipient;
};

/// One entry of the log.
struct Event {
    /// CLOCK_BOOTTIME, ns.
    std::int64_t at_ns = 0;
    EventKind kind = EventKind::connect;
    Protocol protocol = Protocol::smtp;
    /// Counts connections from 1; 0 where no session is involved.
    std::uint64_t session = 0;
    /// The client's IP address.
    std::string peer;
    /// User name given in this session so far, right or wrong.
    std::string username;
    std::string text;
    std::string detail;
    /// SMTP reply code; POP3: 200 for +OK, 500 for -ERR; 0 for none.
    int code = 0;
    /// close: SMTP dots read, POP3 mails deleted.
    std::uint64_t count = 0;
    std::shared_ptr<const MailFacts> mail;
};

/// One event as a line of JSON without line end; bytes outside ASCII as \u00XX.
[[nodiscard]] std::string to_json(const Event& event);

}  // namespace mailprobed::loopback
