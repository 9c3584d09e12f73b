// SPDX-License-Identifier: Apache-2.0
// The lines of a POP3 multi-line response (RFC 1939 3): dot-unstuffed, up to the lone dot.
#pragma once

#include "probes/wire/lines/line_buffer.hpp"

#include <cstdint>
#include <string_view>

namespace mailprobed {

/// How a server ends its lines, by its status lines so far.
enum class LineEnds : std::uint8_t {
    /// As RFC 1939 3 has it, at least once.
    crlf,
    /// Never with a CR.
    lf_only,
};

/// Takes content lines out of a LineBuffer until the line that holds a dot alone. Lines above
/// LineBuffer::kMaxLine come in pieces, so that any mail can be read.
///
/// A mail may hold LF.LF, and a server that stuffs dots only after CRLF sends it as it is: taken
/// for the end, it would let the mail's author speak in the server's name. So a server that knows
/// CRLF ends a response with CRLF.CRLF alone.
class MultiLineReader {
  public:
    explicit MultiLineReader(LineEnds ends) noexcept : ends_(ends) {}

    /// What next() found.
    enum class Found : std::uint8_t { nothing, text, end };
    /// A line or a part of one.
    struct Piece {
        Found found = Found::nothing;
        /// False if more of the same line follows.
        bool ends_line = true;
        std::string_view text;
    };

    /// Takes the next piece out of `buffer`; `nothing` asks for more octets.
    [[nodiscard]] Piece next(LineBuffer& buffer) noexcept;
    /// Octets given out so far, a line end counted as two.
    [[nodiscard]] std::uint64_t octets() const noexcept { return octets_; }
    /// True if the last line was a lone dot with the wrong line ends: if nothing follows, the
    /// server meant it as the end.
    [[nodiscard]] bool doubtful_end() const noexcept { return doubtful_end_; }

  private:
    LineEnds ends_;
    /// How the line before ended; the first one follows a status line.
    bool after_bare_lf_ = false;
    bool doubtful_end_ = false;
    std::uint64_t octets_ = 0;
};

}  // namespace mailprobed
