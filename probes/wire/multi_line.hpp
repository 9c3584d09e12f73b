// SPDX-License-Identifier: Apache-2.0
// The lines of a POP3 multi-line response (RFC 1939 3): dot-unstuffed, up to the lone dot.
#pragma once

#include "probes/wire/line_buffer.hpp"

#include <cstdint>
#include <string_view>

namespace mailprobed {

/// Takes content lines out of a LineBuffer until the line that holds a dot alone; `.LF` ends it
/// too. Lines above LineBuffer::kMaxLine come in pieces, so that any mail can be read.
class MultiLineReader {
  public:
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

  private:
    std::uint64_t octets_ = 0;
};

}  // namespace mailprobed
