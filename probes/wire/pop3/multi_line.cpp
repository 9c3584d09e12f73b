// SPDX-License-Identifier: Apache-2.0
// Dot-unstuffing.
#include "probes/wire/pop3/multi_line.hpp"

#include <utility>

namespace mailprobed {

MultiLineReader::Piece MultiLineReader::next(LineBuffer& buffer) noexcept {
    LineBuffer::Piece piece = buffer.next_piece();
    if (!piece.found) return {};
    const bool strict = ends_ == LineEnds::crlf;
    const bool after_bare_lf =
        piece.ends ? std::exchange(after_bare_lf_, piece.bare_lf) : after_bare_lf_;
    doubtful_end_ = false;
    if (piece.begins && piece.text.starts_with('.')) {
        const bool alone = piece.ends && piece.text.size() == 1;
        doubtful_end_ = alone && strict && (after_bare_lf || piece.bare_lf);
        if (alone && !doubtful_end_) return {Found::end, true, {}};
        // After a bare LF such a server stuffs nothing.
        if (!strict || !after_bare_lf) piece.text.remove_prefix(1);
    }
    octets_ += piece.text.size() + (piece.ends ? 2 : 0);
    return {Found::text, piece.ends, piece.text};
}

}  // namespace mailprobed
