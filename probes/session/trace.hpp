// SPDX-License-Identifier: Apache-2.0
// What a conversation tells while it runs: stages with their times, lines with secrets masked.
#pragma once

#include "probes/base/time.hpp"
#include "probes/domain/outcome/failure.hpp"
#include "probes/net/channel.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mailprobed {

/// Who said a line of a transcript; `note` is the program's own remark.
enum class Speaker : std::uint8_t { client, server, note };

/// The label of a speaker: `client`, `server` or `note`.
[[nodiscard]] constexpr std::string_view to_string(Speaker who) noexcept {
    switch (who) {
        case Speaker::client:
            return "client";
        case Speaker::server:
            return "server";
        case Speaker::note:
            return "note";
    }
    return "?";
}

/// Listener of one conversation. Everything it is given is already free of secrets, but for
/// masked(), which is asked first.
class Trace {
  public:
    Trace() = default;
    Trace(const Trace&) = delete;
    Trace& operator=(const Trace&) = delete;
    virtual ~Trace() = default;

    /// A stage began; it ends exactly once, by success or failure, unless the task is cancelled.
    virtual void stage_began(Stage /*stage*/, Instant /*at*/) {}
    /// A stage ended; `cause` is empty on success.
    virtual void stage_ended(Stage /*stage*/, Instant /*at*/, std::optional<Cause> /*cause*/) {}
    /// True if line() is wanted; lines are not built otherwise.
    [[nodiscard]] virtual bool wants_lines() const { return false; }
    /// `text`, whose lines LF separates, without the secrets of other sessions: a server may show
    /// in a mail what it heard at a login elsewhere. With `open_end` the text may go on.
    [[nodiscard]] virtual std::string masked(std::string text, bool /*open_end*/) { return text; }
    /// One line without its CRLF, secrets masked, controls escaped, valid UTF-8.
    virtual void line(Speaker /*who*/, std::string_view /*text*/) {}
    /// The channel is connected with this address family.
    virtual void connected(IpFamily /*family*/) {}
    /// The channel is encrypted.
    virtual void encrypted(const TlsFacts& /*facts*/) {}
};

}  // namespace mailprobed
