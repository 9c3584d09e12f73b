// SPDX-License-Identifier: Apache-2.0
// One SMTP submission (RFC 5321, 6409) as a straight-line coroutine.
#pragma once

#include "probes/domain/plan/backoff.hpp"
#include "probes/domain/settings/settings.hpp"
#include "probes/net/channel.hpp"
#include "probes/session/trace.hpp"

#include <string>
#include <string_view>

namespace mailprobed {

/// What is to be sent.
struct Envelope {
    /// Address without angle brackets.
    std::string sender;
    /// Address without angle brackets.
    std::string recipient;
    /// Header and body with CRLF line ends, not dot-stuffed, ending in CRLF.
    std::string message;
    /// ENVID, asked back in bounces where the server knows DSN (RFC 3461 4.4); empty: none.
    std::string id{};
};

/// The moments of a submission that the ledger needs; called synchronously as they happen.
class SendListener {
  public:
    SendListener() = default;
    SendListener(const SendListener&) = delete;
    SendListener& operator=(const SendListener&) = delete;
    virtual ~SendListener() = default;

    /// The instant before the first connect.
    virtual void connecting(Instant at) = 0;
    /// The instant before the write that ends in CRLF.CRLF is issued.
    virtual void handed(Instant at) = 0;
    /// A 2yz reply to the dot was read; `reply` is its text, escaped (may hold a queue id).
    virtual void accepted(Instant at, std::string_view reply) = 0;
    /// The conversation is over, and this is what came of its login.
    virtual void login_ended(LoginEnd /*end*/) {}
};

/// Sends one mail. Returns after QUIT once accepted (trouble in QUIT is only traced). Throws
/// Failure for everything before; a failure at stage accept with cause timeout, reset or eof
/// means unconfirmed: the server may have the mail (RFC 1047). `give_up` bounds the whole session
/// in addition to settings.timeouts.total.
Awaitable<void> send_mail(Channel& channel, const SmtpSettings& settings, const Envelope& envelope,
                          Instant give_up, SendListener& listener, Trace& trace);

}  // namespace mailprobed
