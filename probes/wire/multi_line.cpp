// SPDX-License-Identifier: Apache-2.0
// Dot-unstuffing.
#include "probes/wire/multi_line.hpp"

namespace mailprobed {

MultiLineReader::Piece MultiLineReader::next(LineBuffer& buffer) noexcept {
    LineBuffer::Piece piece = buffer.next_piece();
    if (!piece.found) return {};
    if (piece.begins && piece.text.starts_with('.')) {
        if (piece.ends && piece.text.size() == 1) return {Found::end, true, {}};
        piece.text.remove_prefix(1);
    }
    octets_ += piece.text.size() + (piece.ends ? 2 : 0);
    return {Found::text, piece.ends, piece.text};
}

}  // namespace mailprobed
