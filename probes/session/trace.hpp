// SPDX-License-Identifier: Apache-2.0
// What a conversation tells while it runs: stages with their times, lines with secrets masked.
#pragma once

#include "probes/domain/failure.hpp"
#include "probes/domain/time.hpp"
#include "probes/net/channel.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace mailprobed {

/// Who said a line of a transcript; `note` is the program's own remark.
enum class Speaker : std::uint8_t { client, server, note };

/// Listener of one conversation. Everything it is given is already free of secrets.
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
    /// One line without its CRLF, secrets masked, controls escaped, valid UTF-8.
    virtual void line(Speaker /*who*/, std::string_view /*text*/) {}
    /// The channel is connected with this address family.
    virtual void connected(IpFamily /*family*/) {}
    /// The channel is encrypted.
    virtual void encrypted(const TlsFacts& /*facts*/) {}
};

}  // namespace mailprobed
